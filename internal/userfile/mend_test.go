package userfile_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/tabular"
	"lucca-exchange/internal/userfile"
)

// TestMend: the file is the same but for the mended cells, whatever stands around its rows, and
// may be mended again.
func TestMend(t *testing.T) {
	t.Parallel()
	o := userfile.Options{Separator: ";"}
	o.Header.Row, o.Footer = 3, "^TOTAL"
	file := "Export of today\r\n\r\nlogin;mail;jobTitle\r\nada;ada@acme.example;=1+1\r\nbob;nowhere;x\r\nshort;s@acme.example\r\nTOTAL;3;\r\n"
	mend := func(file string, cells map[userfile.Place]string) string {
		t.Helper()
		var b bytes.Buffer
		if err := userfile.Mend(&b, strings.NewReader(file), o, cells); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	once := mend(file, map[userfile.Place]string{{Row: 5, Column: 1}: "bob@acme.example"})
	if strings.Contains(once, "nowhere") || strings.Contains(once, "TOTAL") {
		t.Errorf("mended is\n%s", once)
	}
	twice := mend(once, map[userfile.Place]string{{Row: 4, Column: 2}: "y"})
	var rows [][]string
	err := userfile.EachRow(strings.NewReader(twice), o, func(_ []string, row tabular.Row) bool {
		rows = append(rows, row.Cells)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"ada", "ada@acme.example", "'=1+1", ""}, {"bob", "bob@acme.example", "x", ""}, {"short", "s@acme.example", "y", ""},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
	if !regexp.MustCompile(`;'=1\+1;`).MatchString(twice) {
		t.Errorf("a spreadsheet would run a formula of\n%s", twice)
	}
}
