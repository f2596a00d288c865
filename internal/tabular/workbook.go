package tabular

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
	"github.com/xuri/nfp"

	"lucca-exchange/internal/finding"
)

// workbook is one sheet of an Excel workbook, read as a stream and never by place. A date is
// known by its number format; everything else is as the person sees it, a formula as the
// value that was stored with it.
type workbook struct {
	book *excelize.File
	// name is that of the sheet.
	name   string
	rows   *excelize.Rows
	caps   Caps
	own    Own
	survey survey
	// number is that of the row; full counts those with text, cells all of their cells. text is how
	// long they are together: a text that is stored once may be in all of them.
	number, full, cells int
	text                int64
	// from1904 says that days are counted as old Macs did.
	from1904 bool
	// hiddenSheets counts the other sheets that have rows and are hidden.
	hiddenSheets int
}

func openWorkbook(r io.Reader, f Format) (source, error) {
	file, size, err := kept(r, f.TempDir)
	if err != nil {
		return nil, refusedOr(err)
	}
	defer file.Close()
	parts, err := partsOf(file, size, f.Caps.Bytes)
	if err != nil {
		return nil, err
	}
	book, err := parts.open(f)
	if err != nil {
		return nil, err
	}
	w := &workbook{book: book, caps: f.Caps, own: f.Own}
	if err := w.open(parts, f.Sheet); err != nil {
		return nil, errors.Join(err, book.Close())
	}
	return w, nil
}

func damagedWorkbook() error {
	return Refuse(0, "damaged_workbook", "the Excel workbook is damaged or was cut: open it, save it anew, and drop that")
}

// open goes to the first row of the sheet.
func (w *workbook) open(p parts, sheet string) error {
	name, err := w.choose(sheet)
	if err != nil {
		return err
	}
	w.name = name
	if w.survey, err = surveySheet(p.sheets[name]); err != nil {
		return err
	}
	if err := w.markDates(); err != nil {
		return damagedWorkbook()
	}
	if w.rows, err = w.book.Rows(name); err != nil {
		return damagedWorkbook()
	}
	return nil
}

// choose finds the sheet to read: the one that is set, or the only one that has rows.
func (w *workbook) choose(sheet string) (string, error) {
	var names []string
	for _, name := range w.book.GetSheetList() {
		visible, err := w.book.GetSheetVisible(name)
		switch {
		case err != nil:
			return "", damagedWorkbook()
		case sheet != "" && fold(name) == fold(sheet):
			return name, nil
		case w.hasNoRows(name) || !w.hasRows(name):
		case !visible:
			w.hiddenSheets++
		default:
			names = append(names, name)
		}
	}
	switch {
	case sheet != "" && len(names) == 1 && w.isOwn():
		return names[0], nil
	case sheet != "":
		return "", Refuse(0, "unknown_sheet", fmt.Sprintf("the workbook has no sheet %q, which sheet: names", sheet))
	case len(names) == 0:
		return "", Refuse(0, "empty_file", "the workbook has no sheet with rows: it has no header row")
	case len(names) > 1:
		err := Refuse(0, "several_sheets", fmt.Sprintf("the workbook has %d sheets with rows, such as %s: set sheet: to the one that has the users", len(names), quoteAll(names)))
		return "", &severalSheets{err, names}
	}
	return names[0], nil
}

// hasNoRows reports whether a sheet is the one of a workbook of ours that has no rows.
func (w *workbook) hasNoRows(name string) bool { return slices.Contains(w.own.Sheets, name) }

// isOwn reports whether the workbook is one of ours, whose sheets have names of their own.
func (w *workbook) isOwn() bool {
	return slices.ContainsFunc(w.book.GetSheetList(), w.hasNoRows)
}

func quoteAll(names []string) string {
	var quoted []string
	for _, name := range names[:min(len(names), 3)] {
		if !personal(name) {
			quoted = append(quoted, fmt.Sprintf("%q", name))
		}
	}
	if len(quoted) == 0 {
		return "the first"
	}
	return strings.Join(quoted, " and ")
}

func (w *workbook) hasRows(name string) bool {
	rows, err := w.book.Rows(name)
	if err != nil {
		return false // a chart
	}
	defer rows.Close() //nolint:errcheck // it was only read
	for rows.Next() {
		cells, err := rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil || slices.ContainsFunc(cells, func(c string) bool { return Clean(c) != "" }) {
			return true
		}
	}
	return false
}

// dateMark begins the text of a date. It is a character for private use, so that no text
// of a file means it, and dateCode the number format that writes it before the number that a
// date is in a workbook: excelize takes long to format one itself.
const (
	dateMark = "\uE0D8"
	dateCode = `"` + dateMark + `"0.000000`
)

// present makes a part of a workbook that its file does not have, as a list of styles where
// a program wrote none.
func present[T any](part **T) { *part = new(T) }

// markDates gives every style of a date the same number format, whatever order of day and
// month it shows: what a date is like on a screen depends on the country of who looks.
func (w *workbook) markDates() error {
	if props, err := w.book.GetWorkbookProps(); err == nil && props.Date1904 != nil {
		w.from1904 = *props.Date1904
	}
	if w.book.Styles.CellXfs == nil {
		present(&w.book.Styles.CellXfs)
	}
	if len(w.book.Styles.CellXfs.Xf) == 0 { // the first style is that of every cell that names none
		if _, err := w.book.NewStyle(&excelize.Style{}); err != nil {
			return err
		}
	}
	code := dateCode
	id, err := w.book.NewStyle(&excelize.Style{CustomNumFmt: &code})
	if err != nil {
		return err
	}
	styles := w.book.Styles
	mark, none := styles.CellXfs.Xf[id].NumFmtID, unknownFormat
	custom := make(map[int]string)
	if styles.NumFmts != nil {
		for _, f := range styles.NumFmts.NumFmt {
			custom[f.NumFmtID] = f.FormatCode
		}
	}
	for i := range styles.CellXfs.Xf {
		format := styles.CellXfs.Xf[i].NumFmtID
		if format == nil {
			continue
		}
		switch code, ok := custom[*format]; {
		case ok && isDateCode(code), !ok && isBuiltInDate(*format):
			styles.CellXfs.Xf[i].NumFmtID = mark
		case ok && (code == "@" || strings.EqualFold(code, "general")), !ok && (*format == 0 || *format == builtInText):
			styles.CellXfs.Xf[i].NumFmtID = &none // shows what is there; to find that out takes excelize as long as reading it
		}
	}
	return nil
}

// builtInText is the number format of a column that is made a text, unknownFormat none.
const (
	builtInText   = 49
	unknownFormat = 1 << 20
)

// isBuiltInDate knows the number formats of ECMA-376 18.8.30 that show a day.
func isBuiltInDate(id int) bool {
	return id >= 14 && id <= 17 || id == 22 || id >= 27 && id <= 31 || id == 36 || id >= 50 && id <= 54 || id == 57 || id == 58
}

// isDateCode reports whether a number format shows a year or a day.
func isDateCode(code string) bool {
	parser := nfp.NumberFormatParser()
	for _, section := range parser.Parse(code) {
		for _, token := range section.Items {
			if token.TType == nfp.TokenTypeDateTimes && strings.ContainsAny(strings.ToLower(token.TValue), "yd") {
				return true
			}
		}
	}
	return false
}

func (w *workbook) line() (line, error) {
	if !w.rows.Next() {
		if w.rows.Error() != nil {
			return line{}, damagedWorkbook()
		}
		return line{}, io.EOF
	}
	w.number++
	cells, err := w.rows.Columns()
	if err != nil {
		return line{}, damagedWorkbook()
	}
	l := line{number: w.number, cells: cells, width: len(cells), blank: true, closed: true, ragged: true, stray: -1, hidden: w.rows.GetRowOpts().Hidden}
	for i := range cells {
		if err := w.cell(&l, i); err != nil {
			return line{}, err
		}
	}
	if len(cells) == 0 {
		l.cells = []string{""}
	}
	return l, w.count(l)
}

// cell reads one cell in place.
func (w *workbook) cell(l *line, i int) error {
	text := l.cells[i]
	if text == "" {
		return nil
	}
	if len(text) > w.caps.Cell {
		return Refuse(l.number, "cell_too_long", fmt.Sprintf("cell %s is longer than %s", finding.Cell(l.number, i), bytesText(int64(w.caps.Cell))))
	}
	if w.text += int64(len(text)); w.text > w.caps.Bytes {
		return tooLargeUnpacked(w.caps.Bytes)
	}
	date, marked := strings.CutPrefix(text, dateMark)
	if day, ok := isoDate(text); ok && w.survey.iso {
		text = day
		l.date(i)
	} else if marked {
		if day, ok := workbookDate(date, w.from1904); ok {
			text = day
			l.date(i)
		} else {
			text = date
		}
	}
	l.cells[i] = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "_x000D_", "")
	l.blank = l.blank && Clean(text) == ""
	return nil
}

// date marks a cell as a date.
func (l *line) date(i int) {
	if l.dates == nil {
		l.dates = make([]bool, len(l.cells))
	}
	l.dates[i] = true
}

// isoDate writes a date of a workbook of the strict kind as Row.Dates says.
func isoDate(text string) (string, bool) {
	if len(text) < len(time.DateOnly) || text[4] != '-' {
		return "", false
	}
	for _, form := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04:05Z", time.DateOnly} {
		if t, err := time.Parse(form, text); err == nil {
			return shownDate(t), true
		}
	}
	return "", false
}

// workbookDate writes a date, of which a workbook has the number of days, as Row.Dates says.
func workbookDate(text string, from1904 bool) (string, bool) {
	days, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return "", false
	}
	t, err := excelize.ExcelDateToTime(days, from1904)
	if err != nil {
		return "", false
	}
	return shownDate(t.Round(time.Second)), true
}

// shownDate is a date with its time of the day, where there is one.
func shownDate(t time.Time) string {
	if t.Equal(t.Truncate(24 * time.Hour)) {
		return t.Format("02/01/2006")
	}
	return t.Format("02/01/2006 15:04:05")
}

func (w *workbook) count(l line) error {
	if l.blank {
		return nil // a column with a format has a million of them
	}
	w.full++
	w.cells += len(l.cells)
	switch {
	case w.full > w.caps.Rows+1: // the header is not counted
		return Refuse(l.number, "too_many_rows", fmt.Sprintf("the file has more than %d rows: raise caps.rows if that is right", w.caps.Rows))
	case l.width > w.caps.Columns:
		return Refuse(l.number, "too_many_columns", fmt.Sprintf("the row has more than %d cells: raise caps.columns if that is right", w.caps.Columns))
	case w.cells > maxCells:
		return Refuse(l.number, "too_many_cells", fmt.Sprintf("the file has more than %d cells", maxCells))
	}
	return nil
}

func (w *workbook) encoding() (string, bool) { return XLSX, false }

func (w *workbook) findings(isData func(row, column int) bool) []finding.Finding {
	var found []finding.Finding
	if len(w.survey.hidden) > 0 {
		var letters []string
		for _, column := range w.survey.hidden[:min(len(w.survey.hidden), hiddenShown)] {
			letters = append(letters, finding.Letters(column))
		}
		found = append(found, finding.Finding{
			Severity: finding.Warning, Code: "hidden_columns",
			Message: fmt.Sprintf("%d columns that the workbook hides were read like the others, such as %s: unhide or delete them", len(w.survey.hidden), strings.Join(letters, " and ")),
		})
	}
	if w.hiddenSheets > 0 {
		found = append(found, finding.Finding{
			Severity: finding.Warning, Code: "hidden_sheets",
			Message: fmt.Sprintf("%d sheets that the workbook hides have rows, and were left out", w.hiddenSheets),
		})
	}
	at := func(all []place, code, message string) {
		for _, p := range all {
			if !isData(p.row, p.column) {
				continue
			}
			f := finding.Finding{Severity: finding.Error, Code: code, Message: message}
			f.Row, f.Cell = p.row, finding.Cell(p.row, p.column)
			found = append(found, f)
		}
	}
	at(w.survey.empty, "formula_without_value", "the cell is a formula that was never calculated: open the workbook in a spreadsheet, save it, and drop that")
	at(w.survey.covered, "merged_cells", "the cell is merged with the one above or beside it, and has no value of its own: take the merging back, and fill each cell in")
	return found
}

func (w *workbook) close() error {
	if w.rows != nil {
		_ = w.rows.Close() // it was only read
	}
	return w.book.Close()
}
