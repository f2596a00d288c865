package userfile_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/tabular"
	"lucca-exchange/internal/userfile"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

// show writes all that is known of a file, for a person.
func show(in []byte, o userfile.Options) []byte {
	var out bytes.Buffer
	table, info, err := userfile.Read(bytes.NewReader(in), o)
	fmt.Fprintf(&out, "%s, %d bytes, %d rows\n", info.Encoding, info.Bytes, info.Rows)
	for _, c := range table.Columns {
		fmt.Fprintf(&out, "%s=%s ", finding.Letters(c.Index), c.Code)
	}
	fmt.Fprintln(&out)
	for _, row := range table.Rows {
		fmt.Fprintf(&out, "%d %q\n", row.Number, row.Cells)
	}
	for _, f := range table.Findings {
		fmt.Fprintln(&out, f)
	}
	if err != nil {
		fmt.Fprintln(&out, err)
	}
	return out.Bytes()
}

func optionsOf(name string) userfile.Options {
	switch name {
	case "payroll-windows-1252.csv":
		return userfile.Options{
			Columns:    map[string]string{"Matricule": "employeeNumber", "Fonction": "jobTitle", "Sexe": "gender"},
			Identifier: plan.ByNumber,
		}
	case "excel-unicode-text.csv":
		return userfile.Options{Separator: "\t", Identifier: plan.ByMail}
	default:
		return userfile.Options{}
	}
}

// written are the user files as payrolls write them, and ours that no payroll should write.
func written(t testing.TB) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"../../testdata/users/*.csv", "testdata/*.csv"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%d files of %s, %v", len(files), pattern, err)
		}
		all = append(all, files...)
	}
	return all
}

func TestFilesAsTheyAreReallyWritten(t *testing.T) {
	t.Parallel()
	files := written(t)
	for _, path := range files {
		name := filepath.Base(path)
		if strings.Contains(name, ".report.") || strings.Contains(name, ".rejected.") || strings.Contains(name, ".normalised.") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, strings.TrimSuffix(name, ".csv")+".golden", show(in, optionsOf(name)))
		})
	}
}

func TestTheContractIsThatOfThePlan(t *testing.T) {
	t.Parallel()
	var header []string
	for _, code := range plan.Codes() {
		if code == plan.SecondaryRoles {
			code += "_0"
		}
		header = append(header, code)
	}
	table, _, err := userfile.Read(strings.NewReader(strings.Join(header, ";")+";e_badge\r\n"), userfile.Options{})
	if err != nil || len(table.Columns) != len(header)+1 {
		t.Fatalf("%d columns of %d, %v", len(table.Columns), len(header)+1, err)
	}
	for i, c := range table.Columns {
		if !plan.Known(c.Code) || i < len(header) && c.Code != header[i] {
			t.Errorf("column %d is %s", i, c.Code)
		}
	}
}

func TestAliasesOfEveryKind(t *testing.T) {
	t.Parallel()
	table, _, err := userfile.Read(strings.NewReader("LOGIN;employeeNumber;birthdate;Role;HabilitedRoles_3;E_Badge\r\n"), userfile.Options{})
	var codes []string
	for _, c := range table.Columns {
		codes = append(codes, c.Code)
	}
	if got, want := strings.Join(codes, " "), "login employeenumber dtBirth rolePrincipal habilitedRoles_3 e_Badge"; err != nil || got != want {
		t.Errorf("got %q, %v", got, err)
	}
}

// A file that is cut anywhere either is refused, or every row that differs from the whole
// file has a finding. A cut between two rows leaves no trace in the bytes: the plan's
// limit on the number of rows is for that.
func TestT26AFileCutAnywhereNeverGivesAnotherRowInSilence(t *testing.T) {
	t.Parallel()
	text := "login;mail;jobTitle;address\r\n" +
		"zlefevre;zoe@acme.example;Chargée;\"1, rue \"\"X\"\"\r\n69001 Lyon\"\r\n" +
		"jdor;;Chef;\r\n" +
		";jean@acme.example;;\"é\"\r\n"
	for name, encode := range map[string]func(string) (string, error){
		"utf-8":        func(s string) (string, error) { return s, nil },
		"windows-1252": charmap.Windows1252.NewEncoder().String,
		"utf-16":       unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String,
		"line feeds":   func(s string) (string, error) { return strings.ReplaceAll(s, "\r\n", "\n"), nil },
		"macintosh":    func(s string) (string, error) { return strings.ReplaceAll(s, "\r\n", "\r"), nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, err := encode(text)
			if err != nil {
				t.Fatal(err)
			}
			whole, _, err := userfile.Read(strings.NewReader(in), userfile.Options{})
			if err != nil || len(whole.Rows) != 3 {
				t.Fatalf("%d rows, %v", len(whole.Rows), err)
			}
			for cut := range len(in) {
				table, _, err := userfile.Read(strings.NewReader(in[:cut]), userfile.Options{})
				if err != nil {
					if !errors.Is(err, tabular.ErrRefused) || len(table.Findings) == 0 || len(table.Rows) > 0 {
						t.Errorf("cut at %d: %v, %v", cut, table, err)
					}
					continue
				}
				for i, row := range table.Rows {
					said := slices.ContainsFunc(table.Findings, func(f finding.Finding) bool { return f.Row == row.Number })
					if !said && !slices.Equal(row.Cells, whole.Rows[i].Cells) {
						t.Errorf("cut at %d: row %d is %q, in silence", cut, row.Number, row.Cells)
					}
				}
			}
		})
	}
}

func TestT25HeaderFaultsRefuseTheFileWithAllReasons(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		header string
		id     plan.Identifier
		codes  string
	}{
		{"mail;firstName", plan.ByLogin, "missing_column"},
		{"employeenumber;mail", plan.ByNumber, "missing_column"},
		{"employeenumber;legalEntity", plan.ByNumber, ""},
		{"login", plan.ByMail, "missing_column"},
		{"login;Login", "", "duplicate_column"},
		{"login;role;rolePrincipal", "", "duplicate_column"},
		{"login;xyz;abc;e_a;E_A", "", "unknown_column unknown_column duplicate_column"},
		{"login,mail", "", "wrong_separator"},
		{"mail;login", "", "identifier_not_first"},
		{"employeenumber;mail;legalEntity", plan.ByNumber, "identifier_not_first"},
		{"login;reasons", "", ""},
	} {
		table, _, err := userfile.Read(strings.NewReader(tt.header+"\r\n"), userfile.Options{Identifier: tt.id})
		var codes []string
		for _, f := range table.Findings {
			codes = append(codes, f.Code)
		}
		if got := strings.Join(codes, " "); got != tt.codes {
			t.Errorf("%s: got %q, want %q", tt.header, got, tt.codes)
		}
		if refused := finding.Count(table.Findings, finding.Error) > 0; refused != errors.Is(err, tabular.ErrRefused) {
			t.Errorf("%s: %v", tt.header, err)
		}
	}
}

func TestAFileOfBadRowsIsRefused(t *testing.T) {
	t.Parallel()
	in := "login;mail\r\n" + strings.Repeat("x\r\n", 20_000)
	table, _, err := userfile.Read(strings.NewReader(in), userfile.Options{})
	if !errors.Is(err, tabular.ErrRefused) || len(table.Findings) > 10_100 || table.Rows != nil {
		t.Errorf("%d findings, %v", len(table.Findings), err)
	}
}

func TestOptionsFaultsAreReportedTogether(t *testing.T) {
	t.Parallel()
	o := userfile.Options{Separator: "::", Encoding: "ebcdic", Columns: map[string]string{
		"Matricule": "employeenumber", "matricule ": "manager", "N°": "employeeNumber", "X": "loginn", "Y": "salary", " ": "mail", "Reasons": "mail",
		"Badge": "e_badge", "Badge 2": "E_BADGE",
	}}
	var got []string
	o.Validate(func(key, message string) { got = append(got, key+": "+message) })
	want := `separator: want exactly one character, like ";" or "\t"
encoding: want auto, utf-8, windows-1252, iso-8859-15, utf-16, cp850, macintosh, windows-1250, windows-1254, not "ebcdic"
columns: want the text of a header, not an empty one
columns.Badge 2: "Badge" is e_BADGE already
columns.N°: "Matricule" is employeenumber already
columns.Reasons: want another header text: files of rejected rows have this one
columns.X: unknown code "loginn": did you mean login?
columns.Y: unknown code "salary": want one of Lucca's, such as employeenumber
columns.matricule : is the same header text as "Matricule"`
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	if _, _, err := userfile.Read(strings.NewReader("login\r\n"), o); err == nil || errors.Is(err, tabular.ErrRefused) {
		t.Errorf("with such options: %v", err)
	}
}

// FuzzRead checks that no file makes the reader panic, exceed a cap, or point outside of
// the file.
func FuzzRead(f *testing.F) {
	for _, path := range written(f) {
		in, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(in, "")
		f.Add(in, tabular.UTF16)
	}
	caps := tabular.Caps{Bytes: 4096, Rows: 20, Columns: 8, Cell: 50}
	f.Fuzz(func(t *testing.T, in []byte, encoding string) {
		o := userfile.Options{Encoding: encoding, Caps: caps}
		valid := true
		o.Validate(func(string, string) { valid = false })
		if !valid {
			return
		}
		table, info, err := userfile.Read(bytes.NewReader(in), o)
		if err != nil && (!errors.Is(err, tabular.ErrRefused) || finding.Count(table.Findings, finding.Error) == 0 || table.Rows != nil) {
			t.Fatalf("%v with %v", err, table.Findings)
		}
		if len(table.Rows) >= caps.Rows || len(table.Columns) > caps.Columns || info.Bytes > caps.Bytes+1 {
			t.Fatalf("%d rows, %d columns, %d bytes", len(table.Rows), len(table.Columns), info.Bytes)
		}
		for _, row := range table.Rows {
			if len(row.Cells) != len(table.Columns) || row.Number < 2 || row.Number > caps.Rows {
				t.Fatalf("row %d has %d cells of %d", row.Number, len(row.Cells), len(table.Columns))
			}
		}
		for _, f := range table.Findings {
			column := 0
			for column <= caps.Columns && f.Cell != "" && f.Cell != finding.Cell(f.Row, column) {
				column++
			}
			if column > caps.Columns || f.Row > caps.Rows+1 {
				t.Fatalf("%v points outside", f)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	var in bytes.Buffer
	in.WriteString("login;firstName;lastName;mail;legalEntity;dtContractStart;employeenumber;department;manager;rolePrincipal;jobTitle;e_badge\r\n")
	for i := range 100_000 {
		fmt.Fprintf(&in, "user%d;Zoé;Lefèvre-%d;user%d@acme.example;Acme Lyon;01/02/2024;%08d;Direction / Paie;user%d;Utilisateur;\"Chargée; d'études\";%d\r\n", i, i, i, i, i/10, i)
	}
	b.SetBytes(int64(in.Len()))
	b.ReportAllocs()
	for b.Loop() {
		table, _, err := userfile.Read(bytes.NewReader(in.Bytes()), userfile.Options{})
		if err != nil || len(table.Rows) != 100_000 || len(table.Findings) != 0 {
			b.Fatal(len(table.Rows), err)
		}
	}
}
