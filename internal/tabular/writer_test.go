package tabular_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"lucca-exchange/internal/tabular"
	"lucca-exchange/testdata"
)

func write(t *testing.T, d tabular.Dialect, rows ...[]string) string {
	t.Helper()
	var out bytes.Buffer
	w, err := tabular.NewWriter(&out, d)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestBytesAreThePartnersDialect(t *testing.T) {
	t.Parallel()
	yes := true
	for _, tt := range []struct {
		name string
		with tabular.Overrides
		rows [][]string
		want string
	}{
		{"the French default", tabular.Overrides{}, [][]string{{"Nom", "N°"}, {"Élodie", "007"}}, "Nom;N°\r\nÉlodie;007\r\n"},
		{"only what needs it is quoted", tabular.Overrides{}, [][]string{{"a;b", `say "hi"`, "d'Or", ""}}, "\"a;b\";\"say \"\"hi\"\"\";d'Or;\r\n"},
		{"everything is quoted", tabular.Overrides{Quote: "all", LineEnd: "lf", Separator: ","}, [][]string{{"a", `"`, ""}}, "\"a\",\"\"\"\",\"\"\n"},
		{"a line end inside a cell stays as it was", tabular.Overrides{}, [][]string{{"a\nb", "c\r\nd"}}, "\"a\nb\";\"c\r\nd\"\r\n"},
		{"byte-order mark, once", tabular.Overrides{Encoding: "utf-8-bom", Header: &yes}, [][]string{{"é"}, {"è"}}, "\uFEFFé\r\nè\r\n"},
		{"windows-1252 has the euro at 80", tabular.Overrides{Encoding: "windows-1252"}, [][]string{{"é€œ"}}, "\xe9\x80\x9c\r\n"},
		{"iso-8859-15 has the euro at A4", tabular.Overrides{Encoding: "iso-8859-15"}, [][]string{{"é€œ"}}, "\xe9\xa4\xbd\r\n"},
		{"tab separated", tabular.Overrides{Separator: "\t"}, [][]string{{"a", "b;c"}}, "a\tb;c\r\n"},
		{"a single empty cell is a line", tabular.Overrides{}, [][]string{{""}}, "\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := write(t, tabular.Default().With(tt.with), tt.rows...); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestACharacterTheEncodingLacksIsNeverAQuestionMark(t *testing.T) {
	t.Parallel()
	w, err := tabular.NewWriter(io.Discard, tabular.Default().With(tabular.Overrides{Encoding: "windows-1252"}))
	if err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]bool{"Zoé": true, "Łukasz": false, "山田": false, "plain": true, "1 €": true} {
		if got := w.Encodable(value); got != want {
			t.Errorf("Encodable(%q) = %v", value, got)
		}
	}
	if err := w.Write([]string{"Łukasz"}); err == nil {
		t.Error("a row that cannot be encoded was written")
	}
}

func TestDatesDecimalsFormulas(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ pattern, want string }{
		{"DD/MM/YYYY", "05/01/2026"}, {"YYYY-MM-DD", "2026-01-05"}, {"DD.MM.YY", "05.01.26"}, {"YYYYMMDD", "20260105"},
	} {
		w, err := tabular.NewWriter(io.Discard, tabular.Default().With(tabular.Overrides{Date: tt.pattern}))
		if err != nil {
			t.Fatal(err)
		}
		if got := w.Date(2026, time.January, 5); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.pattern, got, tt.want)
		}
	}
	w, err := tabular.NewWriter(io.Discard, tabular.Default())
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{"12.5": "12,5", "-3": "-3", "0.00": "0,00", "1e3": "!", "1,5": "!", ".5": "!", "5.": "!", "": "!", "-": "!"} {
		got, ok := w.Decimal(in)
		if !ok {
			got = "!"
		}
		if got != want {
			t.Errorf("Decimal(%q) = %q, want %q", in, got, want)
		}
	}
	for _, tt := range []struct{ policy, in, want string }{
		{"keep", "=1+1", "=1+1"}, {"keep", "+33612345678", "+33612345678"},
		{"escape", "@x", "'@x"}, {"escape", "-1", "'-1"}, {"escape", "a=b", "a=b"}, {"escape", "", ""},
		{"reject", "=1", "!"}, {"reject", "\tx", "!"}, {"reject", "x", "x"},
	} {
		w, err := tabular.NewWriter(io.Discard, tabular.Default().With(tabular.Overrides{Formulas: tt.policy}))
		if err != nil {
			t.Fatal(err)
		}
		got, ok := w.Formula(tt.in)
		if !ok {
			got = "!"
		}
		if got != tt.want {
			t.Errorf("%s %q: got %q, want %q", tt.policy, tt.in, got, tt.want)
		}
	}
}

func TestDialectFaultsAreReportedTogether(t *testing.T) {
	t.Parallel()
	d := tabular.Dialect{Separator: ";;", Encoding: "latin1", LineEnd: "cr", Quote: "some", Date: "DD/MM", Decimal: "'", Formulas: "run"}
	var keys []string
	d.Validate(func(key, message string) { keys = append(keys, key) })
	if got, want := strings.Join(keys, " "), "separator encoding line_end quote decimal formulas date"; got != want {
		t.Errorf("faults at %q, want %q", got, want)
	}
	if _, err := tabular.NewWriter(io.Discard, d); err == nil {
		t.Error("an invalid dialect was accepted")
	}
	for _, date := range []string{"DD/MM/YYYY;", "hh:DD:MM:YYYY", "", "2006-01-02"} {
		bad := tabular.Default()
		bad.Date = date
		n := 0
		bad.Validate(func(string, string) { n++ })
		if n != 1 {
			t.Errorf("date pattern %q: %d faults, want 1", date, n)
		}
	}
}

func TestRecordsHaveAHeaderAndTheDialect(t *testing.T) {
	t.Parallel()
	type line struct {
		Cell    string `csv:"cell"`
		Message string `csv:"message"`
	}
	var out bytes.Buffer
	if err := tabular.WriteRecords(&out, tabular.Default().With(tabular.Overrides{Encoding: "utf-8-bom"}), strings.ToUpper, []line{{"D6", "né;e"}}); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "\uFEFFCELL;MESSAGE\r\nD6;\"né;e\"\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := tabular.WriteRecords(failing{}, tabular.Default(), nil, []line{{"A1", "x"}}); err == nil {
		t.Error("a failed write was swallowed")
	}
}

// Cells are quoted where encoding/csv quotes them: what is sent stays what was agreed, byte by byte.
func TestCellsAreQuotedAsByEncodingCSV(t *testing.T) {
	t.Parallel()
	cells := []string{"", "Nom", `a "b"`, "a;b", "a,b", "a\tb", "x\ny", " lead", "\u00a0lead", "trail ", `\.`, `\`, "é;€", "d'Or", "§", "a§b", "\xc2", "=1+1"}
	for _, separator := range []string{";", ",", "\t", "|", "§"} {
		d := tabular.Default()
		d.Separator, d.LineEnd = separator, tabular.LF
		var got, want bytes.Buffer
		w, err := tabular.NewWriter(&got, d)
		if err != nil {
			t.Fatal(err)
		}
		std := csv.NewWriter(&want)
		std.Comma, _ = utf8.DecodeRuneInString(separator)
		for _, cell := range cells {
			row := []string{cell, "x", cell}
			if err := errors.Join(w.Write(row), std.Write(row)); err != nil {
				t.Fatal(err)
			}
		}
		std.Flush()
		if err := w.Flush(); err != nil || got.String() != want.String() {
			t.Errorf("separated by %q: %v\n%q\nwant\n%q", separator, err, got.String(), want.String())
		}
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// FuzzWriteReadsBack checks that a reader of the dialect gets every cell back.
func FuzzWriteReadsBack(f *testing.F) {
	f.Add("Nom", `a "b"; c`, "x\ny", uint8(0))
	f.Add("", "d'Or", " lead", uint8(3))
	f.Add(`\.`, "é€", "\"", uint8(5))
	f.Fuzz(func(t *testing.T, a, b, c string, how uint8) {
		d := tabular.Default()
		if how&1 != 0 {
			d.Quote = tabular.QuoteAll
		}
		if how&2 != 0 {
			d.Encoding = tabular.Windows1252
		}
		if how&4 != 0 {
			d.LineEnd = tabular.LF
		}
		var out bytes.Buffer
		w, err := tabular.NewWriter(&out, d)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range []string{a, b, c} {
			if !w.Encodable(v) || strings.ContainsRune(v, '\r') || strings.ContainsRune(v, '\uFFFD') {
				return // the reader, not the writer, folds \r\n inside a cell
			}
		}
		if err := w.Write([]string{a, b, c}); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		var in io.Reader = &out
		if d.Encoding == tabular.Windows1252 {
			in = charmap.Windows1252.NewDecoder().Reader(&out)
		}
		r := csv.NewReader(in)
		r.Comma = ';'
		got, err := r.Read()
		if err != nil || len(got) != 3 || got[0] != a || got[1] != b || got[2] != c {
			t.Errorf("wrote %q %q %q, read %q, %v", a, b, c, got, err)
		}
	})
}

// Each partner's file is a table for a reader that knows nothing of profiles: one encoding, and
// as many cells in every row as the header has.
func TestPartnersFilesAreRead(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"360learning", "place-de-la-formation", "skillup"} {
		sheet, err := tabular.Open(bytes.NewReader(testdata.Bytes("partners/"+name+".csv")), tabular.Format{Separator: ";"})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		rows := 0
		for {
			row, err := sheet.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || len(row.Findings) > 0 || len(row.Cells) != len(sheet.Header()) {
				t.Fatalf("%s: %d cells under %d headers, said %v, %v", name, len(row.Cells), len(sheet.Header()), row.Findings, err)
			}
			rows++
		}
		if rows == 0 {
			t.Errorf("%s: no rows", name)
		}
		if err := sheet.Close(); err != nil {
			t.Error(err)
		}
	}
}
