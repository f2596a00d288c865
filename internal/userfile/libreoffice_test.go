package userfile_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/userfile"
)

// testdata/libreoffice-mended.xlsx is a workbook of rejected rows that LibreOffice 7.4 opened, in
// which the faulty cells were mended, and saved.
func TestAWorkbookThatLibreOfficeMendedIsReadAsItShowsIt(t *testing.T) {
	t.Parallel()
	file, err := os.Open("testdata/libreoffice-mended.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	table, _, err := userfile.Read(file, userfile.Options{TempDir: t.TempDir()})
	if err != nil || finding.Count(table.Findings, finding.Error) > 0 || !table.Partial {
		t.Fatalf("%v, %v, partial %t", err, table.Findings, table.Partial)
	}
	var got []string
	for _, row := range table.Rows {
		got = append(got, strings.Join(row.Cells, "|"))
	}
	want := []string{
		"mthibaudet|000120|03/11/1981|Chargé d’études|+33611111111|",
		"nfauvelle|000121|28/02/1990|Cheffe|+33622222222|",
		"esenechaux||04/05/1979|Agent|0033633333333|",
	}
	if !slices.Equal(got, want) {
		t.Fatalf("got\n%s", strings.Join(got, "\n"))
	}
}
