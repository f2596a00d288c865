package userfile_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/tabular"
	"lucca-exchange/internal/userfile"
)

func TestReportAndRejectedRowsOfAFile(t *testing.T) {
	t.Parallel()
	in, err := os.ReadFile("testdata/faults.csv")
	if err != nil {
		t.Fatal(err)
	}
	table, _, err := userfile.Read(bytes.NewReader(in), userfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var report, rejected, normal bytes.Buffer
	if err := userfile.WriteReport(&report, english(), table.Findings, nil); err != nil {
		t.Fatal(err)
	}
	golden(t, "faults.report.csv", report.Bytes())
	reasons := userfile.NewReasons(english(), table.Findings, nil)
	if err := userfile.WriteRejected(&rejected, bytes.NewReader(in), userfile.Options{}, reasons); err != nil {
		t.Fatal(err)
	}
	golden(t, "faults.rejected.csv", rejected.Bytes())
	without := make(map[int]bool)
	for _, row := range table.Rows {
		if _, bad := reasons.Of(row.Number); bad {
			without[row.Number] = true
		}
	}
	rows, err := userfile.Normalise(&normal, table, userfile.Normal{Rejected: without, Present: nothing})
	if err != nil || rows != len(table.Rows)-len(without) {
		t.Fatalf("%d rows, %v", rows, err)
	}
	golden(t, "faults.normalised.csv", normal.Bytes())
}

// again drops the rejected rows of a file back, and returns what would be rejected then.
func again(t *testing.T, in string, o userfile.Options, reasons userfile.Reasons) (string, plan.Table) {
	t.Helper()
	var out bytes.Buffer
	if err := userfile.WriteRejected(&out, strings.NewReader(in), o, reasons); err != nil {
		t.Fatal(err)
	}
	table, _, err := userfile.Read(bytes.NewReader(out.Bytes()), o)
	if err != nil {
		t.Fatalf("%v of %q", err, out.String())
	}
	return out.String(), table
}

func TestRejectedRowsCanBeDroppedBack(t *testing.T) {
	t.Parallel()
	const in = "login;Chef\xe9;address;\r\na;x;\"1\n2\";\r\n\xe9; y ;;\r\n"
	o := userfile.Options{Encoding: tabular.Windows1252, Columns: map[string]string{"Chefé": "manager"}}
	out, table := again(t, in, o, userfile.NewReasons(english(), []finding.Finding{
		{Severity: finding.Error, Row: 2, Message: "manager: nobody; really"}, {Severity: finding.Error, Row: 3, Message: "manager: \"nobody\""},
	}, nil))
	if want := "\uFEFFlogin;Chefé;address;reasons\r\na;x;\"1\n2\";\"manager: nobody; really\"\r\né;\" y \";;\"manager: \"\"nobody\"\"\"\r\n"; out != want {
		t.Errorf("got  %q\nwant %q", out, want)
	}
	if !table.Partial || len(table.Findings) > 0 || len(table.Rows) != 2 || len(table.Columns) != 3 || table.Rows[1].Cells[1] != "y" {
		t.Errorf("read back: %+v", table)
	}
	twice, _ := again(t, out, o, all(3, 3, "why"))
	if want := "\uFEFFlogin;Chefé;address;reasons\r\né;\" y \";;why\r\n"; twice != want {
		t.Errorf("got  %q\nwant %q", twice, want)
	}
}

// padded is a file as a spreadsheet saves it: all rows equally long.
func padded(text string, width int) string {
	var out []string
	for _, row := range strings.Split(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		out = append(out, row+strings.Repeat(";", width-1-strings.Count(row, ";")))
	}
	return strings.Join(out, "\r\n") + "\r\n"
}

func TestARowOfTheWrongShapeStaysRejectedUntilItIsMended(t *testing.T) {
	t.Parallel()
	in := "login;mail;manager\r\na\r\nb;c\r\nd;e;f;g\r\nh;i;j;k;l\r\n\"m\"n;o;p\r\n"
	var lengths []int
	for round := range 6 {
		table, _, err := userfile.Read(strings.NewReader(in), userfile.Options{})
		if err != nil {
			t.Fatal(err)
		}
		reasons := userfile.NewReasons(english(), table.Findings, nil)
		rejected := 0
		for _, row := range table.Rows {
			if _, bad := reasons.Of(row.Number); bad {
				rejected++
			}
		}
		if rejected != 5 || len(table.Columns) != 3 {
			t.Fatalf("round %d: %d rows are rejected of %q", round, rejected, in)
		}
		in, _ = again(t, in, userfile.Options{}, all(2, 6, "x"))
		lengths = append(lengths, len(in))
		in = padded(in, 8)
	}
	if lengths[1] != lengths[5] {
		t.Errorf("the file grows: %d", lengths)
	}
	mended := "login;mail;manager;reasons\r\na;b;c;\r\n"
	if table, _, err := userfile.Read(strings.NewReader(mended), userfile.Options{}); err != nil || len(table.Findings) > 0 {
		t.Errorf("mended: %v, %v", table.Findings, err)
	}
}

func TestReasonsAreThoseOfRejectedRows(t *testing.T) {
	t.Parallel()
	got := userfile.NewReasons(english(), []finding.Finding{
		{Severity: finding.Error, Row: 3, Column: "mail", Message: "one"},
		{Severity: finding.Warning, Row: 3, Message: "no"},
		{Severity: finding.Error, Row: 3, Message: "two"},
		{Severity: finding.Error, Message: "file"},
		{Severity: finding.Warning, Row: 4, Message: "no"},
	}, []finding.Rest{
		{Severity: finding.Error, Code: "bad_date", Column: "birthDate", Message: "birthDate is no date", Rows: finding.Rows{{3, 3}, {7, 9}}},
		{Severity: finding.Error, Code: "duplicate_row", Column: "login", Rows: finding.Rows{{9, 9}}},
		{Severity: finding.Warning, Code: "same_name", Rows: finding.Rows{{4, 4}}},
	})
	for row, want := range map[int]string{
		2: "", 3: "mail: one; two; birthDate is no date", 4: "", 8: "birthDate is no date",
		9: "birthDate is no date; login: has a fault like others in this file, duplicate_row",
	} {
		if text, rejected := got.Of(row); text != want || rejected != (want != "") {
			t.Errorf("row %d: %q, %v", row, text, rejected)
		}
	}
}

// all rejects some rows for one reason.
func all(from, to int, reason string) userfile.Reasons {
	var findings []finding.Finding
	for row := from; row <= to; row++ {
		findings = append(findings, finding.Finding{Severity: finding.Error, Row: row, Message: reason})
	}
	return userfile.NewReasons(english(), findings, nil)
}

func TestNormalisedFilesHaveTheIdentifierFirstAndNoEmptyColumn(t *testing.T) {
	t.Parallel()
	table := plan.Table{
		Columns: []plan.Column{{Code: "mail"}, {Code: "employeenumber", Index: 1}, {Code: "gender", Index: 2}, {Code: "legalEntity", Index: 4}},
		Rows: []plan.Row{
			{Number: 2, Cells: []string{"a@x.example", "007", "", "Lyon"}},
			{Number: 3, Cells: []string{"b@x.example", "008", "Male", "Lyon"}},
			{Number: 4, Cells: []string{"zoé@x.example", "009", "", "Évry"}},
		},
	}
	for _, tt := range []struct {
		normal userfile.Normal
		want   string
		rows   int
	}{
		{userfile.Normal{Identifier: plan.ByNumber, Rejected: map[int]bool{3: true}}, "\uFEFFlegalEntity;employeenumber;mail\r\nLyon;007;a@x.example\r\nÉvry;009;zoé@x.example\r\n", 2},
		{userfile.Normal{Identifier: plan.ByMail, Encoding: "windows-1252", Rejected: map[int]bool{2: true, 4: true}}, "mail;employeenumber;gender;legalEntity\r\nb@x.example;008;Male;Lyon\r\n", 1},
		{userfile.Normal{Identifier: plan.ByMail, Encoding: "utf-8", Rejected: map[int]bool{2: true, 3: true, 4: true}}, "mail\r\n", 0},
	} {
		var out bytes.Buffer
		rows, err := userfile.Normalise(&out, table, tt.normal)
		if err != nil || rows != tt.rows || out.String() != tt.want {
			t.Errorf("%d rows, %v\ngot  %q\nwant %q", rows, err, out.String(), tt.want)
		}
	}
	table.Rows[2].Cells[0] = "Łukasz"
	if _, err := userfile.Normalise(io.Discard, table, userfile.Normal{Encoding: "windows-1252"}); err == nil || strings.Contains(err.Error(), "ukasz") {
		t.Errorf("a character that the encoding lacks: %v", err)
	}
}

// nothing is the plan of a file of new people.
func nothing(int, string) (string, bool) { return "", true }

func TestNormalisedFilesBlankNothing(t *testing.T) {
	t.Parallel()
	table := plan.Table{
		Columns: []plan.Column{{Code: "login"}, {Code: "jobTitle", Index: 1}, {Code: "directLine", Index: 3}, {Code: "gender", Index: 4}},
		Rows: []plan.Row{
			{Number: 2, Cells: []string{"ana", "Chef", "", ""}},
			{Number: 3, Cells: []string{"bo", "", "0102", ""}},
			{Number: 5, Cells: []string{"new", "", "", ""}},
			{Number: 6, Cells: []string{"rejected", "", "", "Male"}},
		},
	}
	present := func(row int, code string) (string, bool) {
		return map[int]string{3: "Technicien"}[row], row != 2 || code != "directLine"
	}
	const columnLeftOut = "warning D2 column_left_out: directLine is not handed on for anybody: it is blank here, what Lucca has cannot be written in its place, and Lucca may erase that"
	for _, tt := range []struct {
		name     string
		present  func(int, string) (string, bool)
		want     string
		findings []string
	}{
		{"known", present, "login;jobTitle\r\nana;Chef\r\nbo;Technicien\r\nnew;\r\n", []string{columnLeftOut}},
		{"unknown", nil, "login\r\nana\r\nbo\r\nnew\r\n", []string{strings.NewReplacer("D2", "B3", "directLine", "jobTitle").Replace(columnLeftOut), columnLeftOut}},
	} {
		var out bytes.Buffer
		var findings []string
		n := userfile.Normal{
			Encoding: "utf-8", Rejected: map[int]bool{6: true}, Present: tt.present,
			Report: func(f finding.Finding) { findings = append(findings, f.String()) },
		}
		rows, err := userfile.Normalise(&out, table, n)
		if err != nil || rows != 3 || out.String() != tt.want || !slices.Equal(findings, tt.findings) {
			t.Errorf("%s: %d rows, %v\ngot  %q\nwant %q\nfindings %q", tt.name, rows, err, out.String(), tt.want, findings)
		}
	}
}

func TestWritersReportWhatTheyCannotWrite(t *testing.T) {
	t.Parallel()
	const in = "login\r\na\r\n"
	if err := userfile.WriteReport(full{}, english(), []finding.Finding{{}}, nil); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("report: %v", err)
	}
	if err := userfile.WriteRejected(full{}, strings.NewReader(in), userfile.Options{}, all(2, 2, "x")); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("rejected: %v", err)
	}
	if _, err := userfile.Normalise(full{}, plan.Table{}, userfile.Normal{}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("normalised: %v", err)
	}
	if err := userfile.WriteRejected(io.Discard, strings.NewReader("a,b\r\n"), userfile.Options{}, userfile.Reasons{}); !errors.Is(err, tabular.ErrRefused) {
		t.Errorf("a refused file: %v", err)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// TestWordsFromOutsideAreInertInAReport and among the rejected rows, as text and as a workbook: a
// spreadsheet runs no cell, and no sign ends a row or turns a line round in what is our own.
func TestWordsFromOutsideAreInertInAReport(t *testing.T) {
	t.Parallel()
	for name, words := range map[string]string{
		"markup": `<script>alert(1)</script>`, "bidi": "users\u202ecsv.exe", "4 kB": strings.Repeat("Zoe ", 1024), "formula": `=HYPERLINK("https://evil.example")`,
		"command": "@SUM(1)", "sign": "+1+cmd|' /C calc'!A0", "minus": "-2+3",
	} {
		in := "login;jobTitle\r\na;\"" + strings.ReplaceAll(words, `"`, `""`) + "\"\r\n"
		found := []finding.Finding{{Severity: finding.Error, Code: "x", Row: 2, Column: words, Message: words}}
		var report, rejected bytes.Buffer
		if err := errors.Join(userfile.WriteReport(&report, english(), found, nil),
			userfile.WriteRejected(&rejected, strings.NewReader(in), userfile.Options{}, userfile.NewReasons(english(), found, nil))); err != nil {
			t.Fatal(err)
		}
		var workbook bytes.Buffer
		if err := userfile.WriteWorkbook(&workbook, userfile.Options{}, userfile.Book{Findings: found, Reasons: userfile.NewReasons(english(), found, nil), File: strings.NewReader(in)}); err != nil {
			t.Fatal(err)
		}
		if runs := formulas(t, workbook.Bytes()); len(runs) > 0 {
			t.Errorf("%s: the workbook runs %q", name, runs)
		}
		for what, text := range map[string]string{"report": report.String(), "rejected rows": rejected.String()} {
			r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\uFEFF")))
			r.Comma = ';'
			rows, err := r.ReadAll()
			if err != nil || len(rows) != 2 {
				t.Errorf("%s: the %s are %d rows, %v", name, what, len(rows), err)
			}
			for _, row := range rows {
				for _, cell := range row {
					if cell != "" && strings.ContainsRune("=+-@\t", rune(cell[0])) && cell != "-" {
						t.Errorf("%s: the %s has a cell that a spreadsheet runs: %q", name, what, cell)
					}
				}
			}
		}
	}
}

// formulas are those of all cells of a workbook.
func formulas(t *testing.T, content []byte) (all []string) {
	t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := book.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, sheet := range book.GetSheetList() {
		rows, err := book.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for y, row := range rows {
			for x := range row {
				at, err := excelize.CoordinatesToCellName(x+1, y+1)
				if err != nil {
					t.Fatal(err)
				}
				if f, err := book.GetCellFormula(sheet, at); err != nil || f != "" {
					all = append(all, f)
				}
			}
		}
	}
	return all
}

func TestNothingOfACellIsInAFinding(t *testing.T) {
	t.Parallel()
	in := "login;mail;manager;address\r\nSECRET;SECRET\r\nSECRET;SEC\"RET;SEC\x01RET;x\r\n\"SEC\nRET\";SECRET\ufffd;;\r\nSECRET;SECRET;SECRET;SECRET;SECRET\r\nSECRET;SECRET\r\n"
	table, _, err := userfile.Read(strings.NewReader(in), userfile.Options{})
	if err != nil || len(table.Findings) < 7 {
		t.Fatalf("%v, %v", table.Findings, err)
	}
	said := func(f finding.Finding) bool {
		return strings.Contains(f.String(), "SEC") || strings.Contains(f.String(), "RET")
	}
	if slices.ContainsFunc(table.Findings, said) {
		t.Errorf("got %v", table.Findings)
	}
	table, _, err = userfile.Read(strings.NewReader("SECRET;SECRET;SECRET\r\nSECRET;SECRET;SECRET\r\n"), userfile.Options{})
	if err == nil || strings.Contains(err.Error(), "SECRET") || slices.ContainsFunc(table.Findings, said) {
		t.Errorf("without a header: %v, %v", table.Findings, err)
	}
}

// TestReportsAreInTheReadersLanguage: headers, severities, sheets and sentences of the report and of the
// workbook; and the rejected rows come back from each language, as text and as a workbook.
func TestReportsAreInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	const in = "login;jobTitle\r\na;x\r\nb;y\r\n"
	findings := []finding.Finding{
		finding.Finding{Severity: finding.Error, Code: "missing_value", Column: "jobTitle", Message: "the cell is empty"}.At(2, 1),
		finding.Finding{Severity: finding.Warning, Code: "manager_left", Column: "login", Message: "the manager has left"}.At(3, 0),
	}
	for l, want := range map[message.Language]struct{ header, errors, warnings, column, rows, findings string }{
		message.English: {"severity;code;row;cell;column;message", "error;missing_value;2;B2;jobTitle;", "warning;manager_left;3;A3;login;", "reasons", "rows", "findings"},
		message.French:  {"gravité;code;ligne;cellule;colonne;que faire", "erreur;missing_value;2;B2;jobTitle;", "avertissement;manager_left;3;A3;login;", "motifs du rejet", "lignes", "constats"},
		message.German:  {"Schwere;Code;Zeile;Zelle;Spalte;was zu tun ist", "Fehler;missing_value;2;B2;jobTitle;", "Warnung;manager_left;3;A3;login;", "Ablehnungsgründe", "Zeilen", "Befunde"},
	} {
		words := message.In(l, time.UTC)
		reasons := userfile.NewReasons(words, findings, nil)
		var report, rejected, book bytes.Buffer
		if err := errors.Join(
			userfile.WriteReport(&report, words, findings, nil),
			userfile.WriteRejected(&rejected, strings.NewReader(in), userfile.Options{}, reasons),
			userfile.WriteWorkbook(&book, userfile.Options{}, userfile.Book{Findings: findings, Reasons: reasons, Rejected: true, File: strings.NewReader(in)}),
		); err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"\uFEFF" + want.header + "\r\n", "\n" + want.errors, "\n" + want.warnings} {
			if !strings.Contains(report.String(), part) {
				t.Errorf("%s: the report has no %q: %q", l, part, report.String())
			}
		}
		if header, _, _ := strings.Cut(rejected.String(), "\r\n"); header != "\uFEFFlogin;jobTitle;"+want.column {
			t.Errorf("%s: the rejected rows begin with %q", l, header)
		}
		f, err := excelize.OpenReader(bytes.NewReader(book.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if sheets := f.GetSheetList(); !slices.Equal(sheets, []string{want.rows, want.findings}) {
			t.Errorf("%s: the workbook has the sheets %q", l, sheets)
		}
		if rows, err := f.GetRows(want.findings); err != nil || strings.Join(rows[0], ";") != want.header || rows[1][0]+";" != want.errors[:len(rows[1][0])+1] {
			t.Errorf("%s: the workbook's findings are %q, %v", l, rows, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		for _, again := range [][]byte{rejected.Bytes(), book.Bytes()} {
			table, _, err := userfile.Read(bytes.NewReader(again), userfile.Options{})
			if err != nil || !table.Partial || len(table.Columns) != 2 || len(table.Rows) != 1 || len(table.Findings) > 0 {
				t.Errorf("%s: read back %+v, %v", l, table, err)
			}
		}
	}
}

func english() message.Printer { return message.In(message.English, time.UTC) }
