package tabular_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"lucca-exchange/internal/tabular"
)

// columns of a file with a text and a number.
var columns = []tabular.OutColumn{{Header: "N° <id>", Width: 8}, {Header: "Pay", Number: true, Width: 9}}

func convert(t *testing.T, csv string, o tabular.Overrides) (string, error) {
	t.Helper()
	d := tabular.Default().With(o)
	d.Validate(func(key, message string) { t.Errorf("%s: %s", key, message) })
	var out bytes.Buffer
	err := tabular.Convert(&out, strings.NewReader(csv), d, columns)
	return out.String(), err
}

func TestCSVAsJSON(t *testing.T) {
	t.Parallel()
	got, err := convert(t, "N° <id>;Pay\r\n\"0\"\"1\";12.50\r\n7;\r\n", tabular.Overrides{Format: tabular.JSON})
	want := "[\n{\"N° <id>\": \"0\\\"1\", \"Pay\": 12.50},\n{\"N° <id>\": \"7\", \"Pay\": null}\n]\n"
	if err != nil || got != want || !json.Valid([]byte(got)) {
		t.Errorf("%v %s", err, got)
	}
	if got, err = convert(t, "N° <id>;Pay\r\n7;007\r\n", tabular.Overrides{Format: tabular.JSON}); err != nil || !strings.Contains(got, `"Pay": "007"`) {
		t.Errorf("a number with zeros: %v %s", err, got)
	}
	if got, err = convert(t, "a;b\r\n", tabular.Overrides{Format: tabular.JSON}); err != nil || got != "[]\n" {
		t.Errorf("nobody: %v %q", err, got)
	}
}

func TestCSVAsFixedWidth(t *testing.T) {
	t.Parallel()
	no := false
	got, err := convert(t, "\xe9t\xe9;1,5\n", tabular.Overrides{Format: tabular.Fixed, Encoding: tabular.Windows1252, LineEnd: tabular.LF, Header: &no})
	if want := "\xe9t\xe9           1,5\n"; err != nil || got != want {
		t.Errorf("%v %q, want %q", err, got, want)
	}
	got, err = convert(t, "ID;Pay\n1;2\n", tabular.Overrides{Format: tabular.Fixed, Encoding: tabular.UTF8BOM})
	if want := "\uFEFFID      Pay      \r\n1               2\r\n"; err != nil || got != want {
		t.Errorf("%v %q, want %q", err, got, want)
	}
	if _, err := convert(t, "123456789;1\n", tabular.Overrides{Format: tabular.Fixed, Header: &no}); err == nil || !strings.Contains(err.Error(), "row 1: column 1 is wider than 8") {
		t.Errorf("too wide: %v", err)
	}
}

func TestCSVAsAWorkbook(t *testing.T) {
	t.Parallel()
	const csv = "ID;Pay\r\n007;12.5\r\n=1+1;\r\n"
	got, err := convert(t, csv, tabular.Overrides{Format: tabular.XLSX})
	if err != nil {
		t.Fatal(err)
	}
	again, err := convert(t, csv, tabular.Overrides{Format: tabular.XLSX})
	if err != nil || again != got {
		t.Errorf("not the same bytes twice: %v", err)
	}
	f, err := excelize.OpenReader(strings.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	for cell, want := range map[string]string{"A1": "ID", "B1": "Pay", "A2": "007", "B2": "12.5", "A3": "=1+1", "B3": ""} {
		if v, err := f.GetCellValue("Sheet1", cell); err != nil || v != want {
			t.Errorf("%s is %q, want %q (%v)", cell, v, want, err)
		}
	}
	if formula, err := f.GetCellFormula("Sheet1", "A3"); err != nil || formula != "" {
		t.Errorf("a text became the formula %q (%v)", formula, err)
	}
	if kind, err := f.GetCellType("Sheet1", "B2"); err != nil || kind == excelize.CellTypeInlineString || kind == excelize.CellTypeSharedString {
		t.Errorf("the number is a cell of type %d (%v)", kind, err)
	}
}

func TestWhatAFormatCannotBe(t *testing.T) {
	t.Parallel()
	no := false
	for want, o := range map[string]tabular.Overrides{
		"encoding: json is always in utf-8": {Format: tabular.JSON, Encoding: tabular.Windows1252},
		"encoding: xlsx is always in utf-8": {Format: tabular.XLSX, Encoding: tabular.UTF8BOM},
		"header: the members of json":       {Format: tabular.JSON, Header: &no},
		"format: want":                      {Format: "ods"},
	} {
		var faults []string
		tabular.Default().With(o).Validate(func(key, message string) { faults = append(faults, key+": "+message) })
		if len(faults) != 1 || !strings.HasPrefix(faults[0], want) {
			t.Errorf("%v, want %s", faults, want)
		}
	}
}
