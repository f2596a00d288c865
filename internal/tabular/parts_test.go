package tabular_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"lucca-exchange/internal/tabular"
)

// packed is a workbook of those parts, beside the ones that every workbook has.
func packed(t *testing.T, more map[string]string) string {
	t.Helper()
	parts := map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"_rels/.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
			`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml": `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
			`<Relationship Id="rId1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://x/styles" Target="styles.xml"/>` +
			`<Relationship Id="rId3" Type="http://x/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml": sheetOf(rowOf("t>login", "t>firstName", "t>jobTitle") + rowOf("t>a", "t>b", "t>c")),
	}
	maps.Copy(parts, more)
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	w.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		how := zip.Deflate
		if parts[name] == "" {
			how = zip.Store
		}
		part, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: how})
		if err == nil {
			_, err = part.Write([]byte(parts[name]))
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

const mainSpace = ` xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`

func sheetOf(rows string) string {
	return "<worksheet" + mainSpace + "><sheetData>" + rows + "</sheetData></worksheet>"
}

// rowOf is a row of texts, t>TEXT, and of numbers of shared texts, v>NUMBER.
func rowOf(cells ...string) string {
	var row strings.Builder
	row.WriteString("<row>")
	for _, c := range cells {
		if text, ok := strings.CutPrefix(c, "t>"); ok {
			row.WriteString(`<c t="inlineStr"><is><t>` + text + "</t></is></c>")
		} else {
			row.WriteString(`<c t="s"><v>` + strings.TrimPrefix(c, "v>") + "</v></c>")
		}
	}
	return row.String() + "</row>"
}

// TestNoWorkbookCostsMoreThanItIsWorth reads workbooks that are small and were made to take gigabytes of
// memory, or hours, once unpacked: one of 900 kB took 3.5 GB, one of 22 kB 2 GB and one of 480 kB did
// not end in 5 minutes.
func TestNoWorkbookCostsMoreThanItIsWorth(t *testing.T) { //nolint:paralleltest // it measures memory
	header := rowOf("t>login", "t>firstName", "t>jobTitle")
	const read, damaged, large = "[a|b|c]", "! e:damaged_workbook@", "! e:file_too_large@"
	blanks := strings.Repeat(" ", 60<<20)
	names := make(map[string]string, 100_000)
	for i := range 100_000 {
		names[fmt.Sprintf("xl/x%d.xml", i)] = ""
	}
	for _, tt := range []struct {
		name string
		with map[string]string
		want string
	}{
		{"as it should be", nil, read},
		{"a picture that unpacks to 60 MiB", map[string]string{"xl/media/image1.png": blanks}, read},
		{"a theme of 60 MiB", map[string]string{"xl/theme/theme1.xml": blanks}, read},
		{"styles of 60 MiB", map[string]string{"xl/styles.xml": blanks}, damaged},
		{"a million styles", map[string]string{"xl/styles.xml": "<styleSheet" + mainSpace + "><cellXfs>" + strings.Repeat("<xf/>", 1_000_000) + "</cellXfs></styleSheet>"}, damaged},
		{"tags within tags", map[string]string{"xl/worksheets/sheet1.xml": sheetOf(header + strings.Repeat("<a>", 3_000_000))}, damaged},
		{"tags within shared texts", map[string]string{"xl/sharedStrings.xml": "<sst" + mainSpace + "><si>" + strings.Repeat("<a>", 3_000_000)}, damaged},
		{"millions of shared texts", map[string]string{"xl/sharedStrings.xml": "<sst" + mainSpace + ">" + strings.Repeat("<si/>", 3_000_000) + "</sst>"}, damaged},
		{"a text of 60 MiB", map[string]string{"xl/worksheets/sheet1.xml": sheetOf(header + rowOf("t>"+blanks))}, damaged},
		{"a comment of 60 MiB", map[string]string{"xl/worksheets/sheet1.xml": sheetOf(header + "<!--" + blanks + "-->")}, damaged},
		{"an attribute of 60 MiB", map[string]string{"xl/worksheets/sheet1.xml": sheetOf(header + `<row a="` + blanks + `"/>`)}, damaged},
		{"entities", map[string]string{"xl/worksheets/sheet1.xml": `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>` + sheetOf(header+rowOf("t>&e;"))}, damaged},
		{"a row of a million cells", map[string]string{"xl/worksheets/sheet1.xml": sheetOf(header + rowOf(slices.Repeat([]string{"t>"}, 200_000)...))}, damaged},
		{"millions of rows", map[string]string{"xl/worksheets/sheet1.xml": sheetOf(header + strings.Repeat("<row/>", 3_000_000))}, damaged},
		{"a text in every cell", map[string]string{
			"xl/sharedStrings.xml":     "<sst" + mainSpace + "><si><t>" + strings.Repeat("x", 32_000) + "</t></si></sst>",
			"xl/worksheets/sheet1.xml": sheetOf(header + strings.Repeat(rowOf("v>0", "v>0", "v>0"), 20_000)),
		}, large},
		{"many sheets of one part", map[string]string{"xl/workbook.xml": `<workbook` + mainSpace + ` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>` +
			`<sheet name="a" sheetId="1" r:id="rId1"/><sheet name="b" sheetId="2" r:id="rId1"/></sheets></workbook>`}, damaged},
		{"a hundred thousand parts", names, damaged},
		{"a > within an attribute", map[string]string{"xl/worksheets/sheet1.xml": sheetOf(header + strings.Repeat(`<x a=">"/>`, 1000) + rowOf("t>a", "t>b", "t>c"))}, read},
	} {
		in := packed(t, tt.with)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got := each(in, tabular.Format{Caps: tabular.Caps{Bytes: 30 << 20}, TempDir: t.TempDir()}, staff())
		runtime.ReadMemStats(&after)
		// All that was ever allocated, which is more than is ever held.
		if used := (after.TotalAlloc - before.TotalAlloc) >> 20; strings.TrimSpace(got) != tt.want && !strings.HasSuffix(got, tt.want) || used > 100 {
			t.Errorf("%s (%d kB): got %.60q with %d MiB", tt.name, len(in)>>10, got, used)
		}
	}
}
