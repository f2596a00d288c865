package tabular_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/tabular"
)

// book makes a workbook of which the first sheet is filled in.
func book(t testing.TB, fill func(f *excelize.File)) string {
	t.Helper()
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	fill(f)
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func set(t testing.TB, f *excelize.File, cell string, value any, format string) {
	t.Helper()
	if err := f.SetCellValue("Sheet1", cell, value); err != nil {
		t.Fatal(err)
	}
	if format == "" {
		return
	}
	id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
	if err == nil {
		err = f.SetCellStyle("Sheet1", cell, cell, id)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func header(t testing.TB, f *excelize.File) {
	t.Helper()
	for i, text := range []string{"login", "firstName", "jobTitle"} {
		set(t, f, finding.Cell(1, i), text, "")
	}
}

func TestAWorkbookIsReadAsThePersonSeesIt(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name   string
		value  any
		format string
		want   string
	}{
		{"a text", "Zoé", "", "Zoé"}, {"a number of digits as a text", "00042", "@", "00042"}, {"zeros by a format", 42, "00000", "00042"},
		{"a phone", 33605032582, "", "33605032582"}, {"a phone by a format", 612345678, `0#" "##" "##" "##" "##`, "06 12 34 56 78"},
		{"a percentage", 0.125, "0.0%", "12.5%"}, {"a decimal", 1234.5, "", "1234.5"}, {"a truth", true, "", "TRUE"},
		{"a date", day, "dd/mm/yyyy", "01/12/2026*"}, {"one shown month first", day, "mm/dd/yyyy", "01/12/2026*"}, {"one shown with words", day, `[$-40C]d\ mmmm\ yyyy;@`, "01/12/2026*"},
		{"the year first", day, "yyyy-mm-dd", "01/12/2026*"}, {"with a time", day.Add(90 * time.Minute), "dd/mm/yyyy hh:mm", "01/12/2026 01:30:00*"},
		{"a text in the format of a date", "01/12/2026", "dd/mm/yyyy", "01/12/2026"}, {"a number that is no date", 46357, "0", "46357"}, {"days in quotes", 3, `0" days"`, "3 days"},
		{"a line end", "1 rue\n69001 Lyon", "", "1 rue\n69001 Lyon"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := book(t, func(f *excelize.File) {
				header(t, f)
				set(t, f, "A2", "a", "")
				set(t, f, "C2", tt.value, tt.format)
			})
			got := ""
			content, err := tabular.Each(strings.NewReader(in), tabular.Format{}, staff(), func(_ []tabular.Column, row *tabular.Row, cells []string) {
				if got = cells[2]; row.Date(2) {
					got += "*"
				}
			})
			if err != nil || got != tt.want || content.Info.Encoding != tabular.XLSX || len(content.Findings) > 0 {
				t.Errorf("got %q, %v, %v", got, content.Findings, err)
			}
		})
	}
}

func TestDatesOfAnOldMacWorkbook(t *testing.T) {
	t.Parallel()
	in := book(t, func(f *excelize.File) {
		yes := true
		if err := f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes}); err != nil {
			t.Fatal(err)
		}
		header(t, f)
		set(t, f, "A2", "a", "")
		set(t, f, "C2", 44895, "dd/mm/yyyy")
	})
	if got := each(in, tabular.Format{}, staff()); got != "[a||01/12/2026]" {
		t.Errorf("got %q", got)
	}
}

func TestWhatAWorkbookHidesIsNamed(t *testing.T) {
	t.Parallel()
	in := book(t, func(f *excelize.File) {
		header(t, f)
		set(t, f, "A2", "a", "")
		set(t, f, "A4", "b", "")
		if _, err := f.NewSheet("Old"); err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{f.SetRowVisible("Sheet1", 4, false), f.SetColVisible("Sheet1", "B", false), f.SetCellStr("Old", "A1", "login"), f.SetSheetVisible("Old", false)} {
			if err != nil {
				t.Fatal(err)
			}
		}
	})
	if got := each(in, tabular.Format{}, staff()); got != "[a||] [b||] w:hidden_columns@ w:hidden_sheets@ w:blank_rows@ w:hidden_rows@" {
		t.Errorf("got %q", got)
	}
}

func TestTheSheetIsTheOneThatIsMeant(t *testing.T) {
	t.Parallel()
	in := book(t, func(f *excelize.File) {
		header(t, f)
		set(t, f, "A2", "a", "")
		for _, name := range []string{"Salariés", "Vide", "Befunde"} {
			if _, err := f.NewSheet(name); err != nil {
				t.Fatal(err)
			}
		}
		for i, text := range []string{"login", "b"} {
			if err := f.SetCellStr("Salariés", finding.Cell(i+1, 0), text); err != nil {
				t.Fatal(err)
			}
		}
	})
	for sheet, want := range map[string]string{"salariés": "[b]", "Sheet1": "[a||]", "": "! e:several_sheets@", "X": "! e:unknown_sheet@"} {
		if got := each(in, tabular.Format{Sheet: sheet, Own: tabular.Own{Sheets: []string{"findings", "Befunde"}}}, staff()); got != want {
			t.Errorf("%q: got %q, want %q", sheet, got, want)
		}
	}
}

func TestAFormulaIsItsStoredValueOrNothing(t *testing.T) {
	t.Parallel()
	in := book(t, func(f *excelize.File) {
		header(t, f)
		set(t, f, "A2", "a", "")
		set(t, f, "C2", 7, "")
		set(t, f, "A3", "b", "")
		for _, cell := range []string{"C2", "C3"} {
			if err := f.SetCellFormula("Sheet1", cell, "3+4"); err != nil {
				t.Fatal(err)
			}
		}
	})
	if got := each(in, tabular.Format{}, staff()); got != "[a||7] [b||] e:formula_without_value@C3" {
		t.Errorf("got %q", got)
	}
}

func TestWorkbooksThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	archive := func(files ...string) string {
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		for _, name := range files {
			part, err := w.Create(name)
			if err == nil {
				_, err = part.Write([]byte("<x/>"))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	whole := book(t, func(f *excelize.File) { header(t, f) })
	for _, tt := range []struct{ name, in, want string }{
		{"51 one without a sheet", archive("[Content_Types].xml", "xl/workbook.xml"), "damaged_workbook"},
		{"cut", whole[:len(whole)/2], "damaged_workbook"}, {"ODS", archive("mimetype", "content.xml"), "not_a_table_ods"},
		{"a zip archive", archive("users.csv"), "not_a_table_packed"}, {"Word", archive("word/document.xml"), "not_a_table_document"},
		{"binary", archive("xl/workbook.bin"), "not_a_table_binary_workbook"},
	} {
		if got := each(tt.in, tabular.Format{}, staff()); got != "! e:"+tt.want+"@" {
			t.Errorf("%s: got %q", tt.name, got)
		}
	}
}

// large is a workbook of 20 columns, as payrolls write it: texts, numbers and a date.
func large(t testing.TB, rows int) string {
	t.Helper()
	return book(t, func(f *excelize.File) {
		out, err := f.NewStreamWriter("Sheet1")
		if err != nil {
			t.Fatal(err)
		}
		format := "dd/mm/yyyy"
		style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
		if err != nil {
			t.Fatal(err)
		}
		cells := make([]any, 20)
		for i := range cells {
			cells[i] = fmt.Sprintf("e_%d", i)
		}
		cells[0] = "login"
		for row := range rows + 1 {
			if err := out.SetRow(finding.Cell(row+1, 0), cells); err != nil {
				t.Fatal(err)
			}
			for i := range cells {
				cells[i] = fmt.Sprintf("Texte %d", i)
			}
			cells[0], cells[1], cells[2] = fmt.Sprintf("user%d", row), row, excelize.Cell{Value: 46357, StyleID: style}
		}
		if err := out.Flush(); err != nil {
			t.Fatal(err)
		}
	})
}

func columns20() tabular.Contract {
	return tabular.Contract{Fields: []tabular.Field{{Key: "login"}, {Key: "e_", Family: tabular.Worded}}}
}

// TestABombOfAWorkbookCostsLittle reads one whose part is far larger than the file.
func TestABombOfAWorkbookCostsLittle(t *testing.T) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range map[string]string{
		"[Content_Types].xml":        `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"xl/workbook.xml":            `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>`,
	} {
		part, err := w.Create(name)
		if err == nil {
			_, err = part.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	blanks := bytes.Repeat([]byte(" "), 1<<20)
	for range 40 {
		if _, err := part.Write(blanks); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := each(out.String(), tabular.Format{Caps: tabular.Caps{Bytes: 1 << 20}, TempDir: t.TempDir()}, staff())
	runtime.ReadMemStats(&after)
	if used := (after.TotalAlloc - before.TotalAlloc) >> 20; got != "! e:file_too_large@" || used > 30 {
		t.Errorf("got %q with %d MiB", got, used)
	}
}

// BenchmarkWorkbook reads 100,000 rows of 20 cells: under 12 s and 150 MB.
func BenchmarkWorkbook(b *testing.B) {
	in := large(b, 100_000)
	dir := b.TempDir()
	runtime.GC()
	b.ReportAllocs()
	var most uint64
	for b.Loop() {
		rows := 0
		_, err := tabular.Each(strings.NewReader(in), tabular.Format{TempDir: dir}, columns20(), func(_ []tabular.Column, _ *tabular.Row, _ []string) {
			if rows++; rows%20_000 == 0 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
		})
		if err != nil || rows != 100_000 {
			b.Fatal(rows, err)
		}
	}
	b.ReportMetric(float64(most>>20), "MiB-heap")
}

// FuzzWorkbook changes the parts of a workbook, since hardly any change to the packed bytes
// gets past the check sums of the archive.
func FuzzWorkbook(f *testing.F) {
	parts := partsOf(f, book(f, func(x *excelize.File) {
		header(f, x)
		set(f, x, "A2", "a", "")
		set(f, x, "B2", 46357, "dd/mm/yyyy")
		set(f, x, "C3", "0042", "@")
	}))
	f.Add(parts[fuzzed[0]], parts[fuzzed[1]], parts[fuzzed[2]], parts[fuzzed[3]], false)
	f.Add(`<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>login</t></is></c></row><row r="3" hidden="1"><c r="B3"><f>1+1</f></c></row></sheetData></worksheet>`,
		parts[fuzzed[1]], parts[fuzzed[2]], parts[fuzzed[3]], true)
	f.Fuzz(func(t *testing.T, sheet, styles, shared, workbook string, cut bool) {
		in := pack(t, parts, map[string]string{fuzzed[0]: sheet, fuzzed[1]: styles, fuzzed[2]: shared, fuzzed[3]: workbook})
		if cut {
			in = in[:len(in)-len(in)/8]
		}
		_, _ = tabular.Each(bytes.NewReader(in), tabular.Format{Caps: tabular.Caps{Bytes: 1 << 20}, TempDir: os.TempDir()}, staff(), func([]tabular.Column, *tabular.Row, []string) {})
	})
}

// Programs that write workbooks leave out the list of styles, or write an empty one.
func TestAWorkbookWithoutStyles(t *testing.T) {
	t.Parallel()
	const opened, closed = `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">`, `</styleSheet>`
	parts := partsOf(t, book(t, func(f *excelize.File) {
		header(t, f)
		set(t, f, "A2", "a", "")
		set(t, f, "B2", "00042", "@")
		set(t, f, "C2", 46357, "")
	}))
	without := maps.Clone(parts)
	delete(without, "xl/styles.xml")
	for name, in := range map[string]string{
		"no part":                string(pack(t, without, nil)),
		"an empty part":          string(pack(t, parts, map[string]string{"xl/styles.xml": opened + closed})),
		"an empty list":          string(pack(t, parts, map[string]string{"xl/styles.xml": opened + `<cellXfs count="0"/>` + closed})),
		"formats without styles": string(pack(t, parts, map[string]string{"xl/styles.xml": opened + `<numFmts count="1"><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/></numFmts>` + closed})),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := each(in, tabular.Format{}, staff()); got != "[a|00042|46357]" {
				t.Errorf("got %q", got)
			}
		})
	}
}

// fuzzed are the parts that hold what a person wrote.
var fuzzed = [...]string{"xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/sharedStrings.xml", "xl/workbook.xml"}

func partsOf(t testing.TB, book string) map[string]string {
	t.Helper()
	archive, err := zip.NewReader(strings.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	parts := make(map[string]string)
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		parts[f.Name] = string(text)
	}
	return parts
}

func pack(t testing.TB, parts, instead map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		text := parts[name]
		if other, ok := instead[name]; ok {
			text = other
		}
		part, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = io.WriteString(part, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
