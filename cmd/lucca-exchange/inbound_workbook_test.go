package main

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"lucca-exchange/internal/finding"
)

// workbookOf makes an Excel workbook of lines of cells: n:12 is a number, n:0.0|12 one in a
// format, d:2026-12-01 a date, t: one
// with a time, b: a truth, r: a text in two fonts, f:A1+1 a formula that was never calculated; anything else is a
// text. A line that begins with ! says something of the workbook.
func workbookOf(t *testing.T, text string) string {
	t.Helper()
	b := &builder{t: t, book: excelize.NewFile(), sheet: "Sheet1"}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if command, ok := strings.CutPrefix(line, "!"); ok {
			b.command(command)
			continue
		}
		b.row++
		for i, cell := range strings.Split(line, ";") {
			b.cell(finding.Cell(b.row, i), cell)
		}
	}
	var out bytes.Buffer
	b.check(b.book.Write(&out, b.options))
	b.check(b.book.Close())
	return out.String()
}

// builder writes a workbook.
type builder struct {
	t       *testing.T
	book    *excelize.File
	sheet   string
	row     int
	options excelize.Options
}

func (b *builder) check(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *builder) command(text string) {
	b.t.Helper()
	name, arg, _ := strings.Cut(text, " ")
	switch name {
	case "1904":
		b.check(b.book.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: new(true)}))
	case "sheet":
		_, err := b.book.NewSheet(arg)
		b.check(err)
		b.sheet, b.row = arg, 0
	case "hide-sheet":
		b.check(b.book.SetSheetVisible(arg, false))
	case "hide-row":
		b.check(b.book.SetRowVisible(b.sheet, digits(arg), false))
	case "hide-column":
		b.check(b.book.SetColVisible(b.sheet, arg, false))
	case "merge":
		from, to, _ := strings.Cut(arg, ":")
		b.check(b.book.MergeCell(b.sheet, from, to))
	case "password":
		b.options.Password = arg
	default:
		b.t.Fatalf("there is no command %q", name)
	}
}

func (b *builder) cell(at, text string) {
	b.t.Helper()
	kind, value, ok := strings.Cut(text, ":")
	if !ok || len(kind) != 1 {
		kind, value = "", text
	}
	switch kind {
	case "n":
		format, number, formatted := strings.Cut(value, "|")
		if !formatted {
			number = format
		}
		n, err := strconv.ParseFloat(number, 64)
		b.check(err)
		b.check(b.book.SetCellValue(b.sheet, at, n))
		if formatted {
			b.style(at, format)
		}
	case "d":
		layout := time.DateOnly
		if strings.Contains(value, "/") { // it was {+10}
			layout = "02/01/2006"
		}
		day, err := time.Parse(layout, value)
		b.check(err)
		b.check(b.book.SetCellValue(b.sheet, at, day))
		b.style(at, "dd/mm/yyyy")
	case "t":
		when, err := time.Parse("2006-01-02T15:04", value)
		b.check(err)
		b.check(b.book.SetCellValue(b.sheet, at, when))
		b.style(at, "dd/mm/yyyy hh:mm")
	case "b":
		b.check(b.book.SetCellBool(b.sheet, at, value == "true"))
	case "r":
		bold, rest, _ := strings.Cut(value, "|")
		b.check(b.book.SetCellRichText(b.sheet, at, []excelize.RichTextRun{{Text: bold, Font: &excelize.Font{Bold: true}}, {Text: rest}}))
	case "f":
		b.check(b.book.SetCellFormula(b.sheet, at, value))
	default:
		if text != "" {
			b.check(b.book.SetCellStr(b.sheet, at, text))
		}
	}
}

func (b *builder) style(at, format string) {
	b.t.Helper()
	id, err := b.book.NewStyle(&excelize.Style{CustomNumFmt: &format})
	b.check(err)
	b.check(b.book.SetCellStyle(b.sheet, at, at, id))
}
