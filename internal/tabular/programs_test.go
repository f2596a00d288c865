package tabular_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"lucca-exchange/internal/tabular"
)

// TestWorkbooksOfOtherPrograms: each writes the same table in a dialect of its own.
func TestWorkbooksOfOtherPrograms(t *testing.T) {
	t.Parallel()
	parts := partsOf(t, book(t, func(f *excelize.File) {
		header(t, f)
		set(t, f, "A2", "a", "")
		set(t, f, "B2", 46357, "dd/mm/yyyy")
		set(t, f, "C2", "0042", "@")
	}))
	const (
		sheet, shared, styles, book = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml"
		main                        = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
		head                        = `<row r="1"><c r="A1" t="inlineStr"><is><t>login</t></is></c><c r="B1" t="inlineStr"><is><t>firstName</t></is></c><c r="C1" t="inlineStr"><is><t>jobTitle</t></is></c></row>`
	)
	rows := func(body string) string {
		return `<worksheet xmlns="` + main + `"><sheetData>` + head + body + `</sheetData></worksheet>`
	}
	cells := func(body string) map[string]string {
		return map[string]string{sheet: rows(`<row r="2">` + body + `</row>`)}
	}
	strict := func(p map[string]string) map[string]string {
		out := maps.Clone(p)
		for name, text := range out {
			text = strings.ReplaceAll(text, main, "http://purl.oclc.org/ooxml/spreadsheetml/main")
			text = strings.ReplaceAll(text, "http://schemas.openxmlformats.org/officeDocument/2006/relationships", "http://purl.oclc.org/ooxml/officeDocument/relationships")
			out[name] = text
		}
		return out
	}
	for _, tt := range []struct {
		name   string
		change map[string]string
		want   string
	}{
		{"strict", strict(parts), "[a|01/12/2026|0042]"},
		{"inline text", cells(`<c r="A2" t="inlineStr"><is><t>a</t></is></c><c r="B2" t="inlineStr"><is><r><t>Zo</t></r><r><rPr><b/></rPr><t>é</t></r></is></c><c r="C2" t="inlineStr"><is><t xml:space="preserve"> x </t></is></c>`), "[a|Zoé|x]"},
		{"phonetic runs", map[string]string{
			sheet:  rows(`<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="s"><v>1</v></c></row>`),
			shared: `<sst xmlns="` + main + `" count="2" uniqueCount="2"><si><t>a</t><rPh sb="0" eb="1"><t>アー</t></rPh><phoneticPr fontId="1"/></si><si><r><t>田</t></r><r><t>中</t></r><rPh sb="0" eb="2"><t>タナカ</t></rPh></si></sst>`,
		}, "[a|田中|]"},
		{"the text of a formula", cells(`<c r="A2" t="str"><f>LOWER("A")</f><v>a</v></c><c r="B2" t="str"><f>T("x")</f><v>x</v></c>`), "[a|x|]"},
		{"the blank text of a formula", cells(`<c r="A2" t="str"><f>LOWER("A")</f><v>a</v></c><c r="B2" t="str"><f>T("")</f><v></v></c>`), "[a||]"},
		{"a formula without a value", cells(`<c r="A2" t="inlineStr"><is><t>a</t></is></c><c r="B2"><f>T("x")</f></c>`), "[a||] e:formula_without_value@B2"},
		{"a formula with a blank value", cells(`<c r="A2" t="inlineStr"><is><t>a</t></is></c><c r="B2"><f>T("x")</f><v></v></c><c r="C2"><f>T("x")</f><v/></c>`), "[a||] e:formula_without_value@B2 e:formula_without_value@C2"},
		{"a formula and its number", cells(`<c r="A2" t="inlineStr"><is><t>a</t></is></c><c r="B2"><f>3+4</f><v>7</v></c>`), "[a|7|]"},
		{"an error", cells(`<c r="A2" t="inlineStr"><is><t>a</t></is></c><c r="B2" t="e"><f>NA()</f><v>#N/A</v></c>`), "[a|#N/A|]"},
		{"a truth", cells(`<c r="A2" t="inlineStr"><is><t>a</t></is></c><c r="B2" t="b"><v>0</v></c>`), "[a|FALSE|]"},
		{"a day as ISO 8601 writes it", cells(`<c r="A2" t="inlineStr"><is><t>a</t></is></c><c r="B2" t="d"><v>2026-12-01T00:00:00</v></c>`), "[a|01/12/2026|]"},
		{"cells without places", map[string]string{sheet: rows(`<row><c t="inlineStr"><is><t>a</t></is></c><c><v>12</v></c><c t="inlineStr"><is><t>x</t></is></c></row>`)}, "[a|12|x]"},
		{"a row without a number", map[string]string{sheet: rows(`<row><c r="A2" t="inlineStr"><is><t>a</t></is></c><c r="C2" t="inlineStr"><is><t>x</t></is></c></row>`)}, "[a||x]"},
		{"signs of XML", cells(`<c r="A2" t="inlineStr"><is><t>a</t></is></c><c r="B2" t="inlineStr"><is><t>A &amp; B &lt;c&gt; &#233;</t></is></c>`), "[a|A & B <c> é|]"},
		{"a sign with its code", cells(`<c r="A2" t="inlineStr"><is><t>a</t></is></c><c r="B2" t="inlineStr"><is><t>x_x000D_y</t></is></c>`), "[a|x\ry|]"},
		{"a long number", cells(`<c r="A2" t="inlineStr"><is><t>a</t></is></c><c r="B2"><v>1234567890123</v></c>`), "[a|1234567890123|]"},
		{"a number with a tail", cells(`<c r="A2" t="inlineStr"><is><t>a</t></is></c><c r="B2"><v>0.30000000000000004</v></c>`), "[a|0.3|]"},
		{"a number with an exponent", cells(`<c r="A2" t="inlineStr"><is><t>a</t></is></c><c r="B2"><v>3.3605032582E10</v></c>`), "[a|33605032582|]"},
		{"prefixes of elements", map[string]string{sheet: `<x:worksheet xmlns:x="` + main + `"><x:sheetData>` + strings.NewReplacer("</", "</x:", "<row", "<x:row", "<c ", "<x:c ", "<is>", "<x:is>", "<t>", "<x:t>").Replace(head+`<row r="2"><c r="A2" t="inlineStr"><is><t>a</t></is></c></row>`) + `</x:sheetData></x:worksheet>`}, "[a||]"},
		{"a byte-order mark", map[string]string{sheet: "\ufeff" + rows(`<row r="2"><c r="A2" t="inlineStr"><is><t>a</t></is></c></row>`)}, "[a||]"},
		{"many empty rows below", map[string]string{sheet: rows(`<row r="2"><c r="A2" t="inlineStr"><is><t>a</t></is></c></row><row r="3"/><row r="1048576"><c r="A1048576" s="0"/></row>`)}, "[a||]"},
		{"a number stored as a text", cells(`<c r="A2" t="inlineStr"><is><t>a</t></is></c><c r="B2" t="inlineStr"><is><t>00042</t></is></c>`), "[a|00042|]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := each(string(pack(t, parts, tt.change)), tabular.Format{}, staff()); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
