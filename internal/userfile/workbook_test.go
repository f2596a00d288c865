package userfile_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/tabular"
	"lucca-exchange/internal/userfile"
)

// workbook writes one about a file and opens it.
func workbook(t *testing.T, in string, o userfile.Options, rejected bool, findings ...finding.Finding) (*excelize.File, []byte) {
	t.Helper()
	var out bytes.Buffer
	book := userfile.Book{Findings: findings, Reasons: userfile.NewReasons(english(), findings, nil), Rejected: rejected, File: strings.NewReader(in)}
	if err := userfile.WriteWorkbook(&out, o, book); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f, out.Bytes()
}

func TestAWorkbookOfRejectedRowsCanBeMendedAndDropped(t *testing.T) {
	t.Parallel()
	const in = "login;employeenumber;professionalMobile;jobTitle\r\na;00042;+33605032582;Chef\r\nb;00043;0605032583;=1+1\r\nc;00044;;Cadre\r\n"
	findings := []finding.Finding{
		finding.Finding{Severity: finding.Error, Code: "x", Column: "jobTitle", Message: "jobTitle is wrong"}.At(3, 3),
		finding.Finding{Severity: finding.Warning, Code: "y", Column: "login", Message: "login is odd"}.At(2, 0),
		{Severity: finding.Warning, Code: "z", Message: "the file is old"},
	}
	o := userfile.Options{Layout: tabular.Layout{Sheet: "Salariés", Header: tabular.HeaderPlace{Row: 3}}}
	o2 := o
	o2.Header.Row = 0
	o2.Sheet = ""
	f, raw := workbook(t, in, o2, true, findings...)
	rows, err := f.GetRows("rows")
	if want := `[[login employeenumber professionalMobile jobTitle reasons] [b 00043 0605032583 =1+1 jobTitle is wrong]]`; err != nil || fmt.Sprint(rows) != want {
		t.Fatalf("%v, %v", rows, err)
	}
	if formula, err := f.GetCellFormula("rows", "D2"); formula != "" || err != nil {
		t.Errorf("a formula: %q, %v", formula, err)
	}
	notes, err := f.GetComments("rows")
	if err != nil || len(notes) != 1 || notes[0].Cell != "D2" || !strings.Contains(notes[0].Text, "jobTitle is wrong") {
		t.Errorf("notes %+v, %v", notes, err)
	}
	all, err := f.GetRows("findings")
	if err != nil || len(all) != 4 || all[1][3] != "D3" {
		t.Errorf("findings %v, %v", all, err)
	}
	// As it is, and as a spreadsheet saves it once the cell was mended.
	for _, mend := range []bool{false, true} {
		if mend {
			if err := f.SetCellStr("rows", "D2", "Cheffe"); err != nil {
				t.Fatal(err)
			}
			var saved bytes.Buffer
			if err := f.Write(&saved); err != nil {
				t.Fatal(err)
			}
			raw = saved.Bytes()
		}
		table, info, err := userfile.Read(bytes.NewReader(raw), o)
		if err != nil || !table.Partial || len(table.Rows) != 1 || info.Encoding != tabular.XLSX || table.Rows[0].Cells[1] != "00043" || table.Rows[0].Cells[2] != "0605032583" {
			t.Fatalf("%+v, %v", table, err)
		}
	}
}

func TestAWorkbookShowsErrorsRedAndWarningsOrange(t *testing.T) {
	t.Parallel()
	const in = "login;jobTitle\r\na;Chef\r\nb;Cheffe\r\nc;Cadre\r\n"
	f, _ := workbook(t, in, userfile.Options{}, false,
		finding.Finding{Severity: finding.Warning, Message: "w"}.At(2, 1), finding.Finding{Severity: finding.Error, Message: "e"}.At(3, 0))
	for cell, want := range map[string]string{"A2": "", "B2": "FFD699", "A3": "FFC7CE", "B3": ""} {
		id, err := f.GetCellStyle("rows", cell)
		if err != nil {
			t.Fatal(err)
		}
		style, err := f.GetStyle(id)
		if err != nil || strings.Join(style.Fill.Color, "") != want {
			t.Errorf("%s: %v, %v, want %q", cell, style.Fill.Color, err, want)
		}
	}
	if rows, err := f.GetRows("rows"); err != nil || len(rows) != 3 {
		t.Errorf("got %v, %v", rows, err)
	}
}

func TestADateOfAWorkbookComesBackAsTheFlowWritesIt(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	format := "yyyy-mm-dd"
	style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
	if err != nil {
		t.Fatal(err)
	}
	for cell, value := range map[string]any{"A1": "login", "B1": "dtContractStart", "C1": "jobTitle", "A2": "a", "B2": 46357, "C2": "x", "A3": "b", "B3": 46357, "C3": 46357} {
		if err := f.SetCellValue("Sheet1", cell, value); err != nil {
			t.Fatal(err)
		}
	}
	for _, cell := range []string{"B2", "B3", "C3"} {
		if err := f.SetCellStyle("Sheet1", cell, cell, style); err != nil {
			t.Fatal(err)
		}
	}
	var in bytes.Buffer
	if err := f.Write(&in); err != nil {
		t.Fatal(err)
	}
	o := userfile.Options{Dates: []string{"MM/DD/YYYY"}}
	table, _, err := userfile.Read(bytes.NewReader(in.Bytes()), o)
	if err != nil || table.Rows[0].Cells[1] != "01/12/2026" || len(table.Findings) != 1 || table.Findings[0].Code != "spreadsheet_damage" || table.Findings[0].Cell != "C3" {
		t.Fatalf("%+v, %v", table, err)
	}
	var out bytes.Buffer
	if err := userfile.WriteRejected(&out, bytes.NewReader(in.Bytes()), o, userfile.NewReasons(english(), table.Findings, nil)); err != nil || !strings.Contains(out.String(), "b;12/01/2026;") {
		t.Errorf("got %q, %v", out.String(), err)
	}
}
