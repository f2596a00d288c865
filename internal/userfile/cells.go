package userfile

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/tabular"
)

// rules is how the cells of one column are read: what the options of the flow do to them.
type rules struct {
	tabular.Column
	class class
	lines bool
	// values are those of the option, by folded text; null and openEnd are words for nothing.
	values, null, openEnd map[string]string
	pad                   int
}

// newRules looks up what the options say about a column.
func (o Options) newRules(c contract, column tabular.Column) rules {
	r := rules{Column: column, class: c.classOf(column.Key), lines: c.takesLines(column.Key), pad: o.Pad[column.Key]}
	for text, value := range o.Values[column.Key] {
		put(&r.values, text, value)
	}
	if r.class != nameClass && column.Key != fullNameKey && column.Key != reasonsColumn {
		for _, word := range o.Null {
			put(&r.null, word, "")
		}
	}
	if column.Key == plan.ContractEnd {
		for _, day := range o.OpenEnd {
			put(&r.openEnd, day, "")
		}
	}
	return r
}

func put(m *map[string]string, text, value string) {
	if *m == nil {
		*m = make(map[string]string)
	}
	(*m)[foldValue(text)] = tabular.Clean(value)
}

func foldValue(text string) string { return strings.ToLower(tabular.Clean(text)) }

// apply returns what a cell stands for. Bad says why a date cannot be read.
func (r *rules) apply(cell string, dated bool, forms tabular.DateForms) (text, bad string) {
	if cell == "" {
		return "", ""
	}
	if len(cell) > 1 && cell[0] == '\'' && r.identifies() {
		cell = cell[1:] // told a spreadsheet that it is a text; names may begin so
	}
	if len(r.null) > 0 || len(r.openEnd) > 0 {
		folded := foldValue(cell)
		if _, nothing := r.null[folded]; nothing {
			return "", ""
		}
		if _, open := r.openEnd[tabular.WithoutMidnight(folded)]; open {
			return "", ""
		}
	}
	if len(r.values) > 0 {
		if value, ok := r.values[foldValue(cell)]; ok {
			return value, ""
		}
	}
	switch {
	case r.class == dateClass:
		if dated {
			return cell, "" // known for what it is, however the flow's texts are written
		}
		cell = tabular.WithoutMidnight(cell)
		if day, ok := forms.Read(cell); ok {
			return day, ""
		}
		return cell, "is not written as " + forms.Want()
	case r.pad > len(cell) && tabular.OnlyDigits(cell):
		return strings.Repeat("0", r.pad-len(cell)) + cell, ""
	}
	return cell, ""
}

// identifies reports whether no value of the column begins with an apostrophe.
func (r *rules) identifies() bool {
	return r.class == loginClass || r.class == mailClass || r.class == phoneClass || r.class == dateClass || r.Key == plan.EmployeeNumber
}

// ordinary reports whether check has nothing to look for: no byte of the cell is that of a
// control character or of the end of a line, in UTF-8.
func (r *rules) ordinary(cell string) bool {
	if r.Key == reasonsColumn {
		return false
	}
	for i := range len(cell) {
		if c := cell[i]; c < ' ' || c == 0x7F || c == 0xC2 || c == 0xE2 {
			return false
		}
	}
	return true
}

// check looks for characters that no cell of the column holds on purpose, and for a row
// that was to be mended and was not.
func (r *rules) check(cell string) (finding.Finding, bool) {
	report := func(code, message string) (finding.Finding, bool) {
		return finding.Finding{Severity: finding.Error, Code: code, Column: r.Key, Message: message}, true
	}
	if r.Key == reasonsColumn {
		if isUnmended(cell) {
			return report("not_mended", "this row was rejected for its shape: see that every cell is in its column, then clear this one")
		}
		return finding.Finding{}, false
	}
	for _, c := range cell {
		switch {
		case c >= ' ' && c < 0x7F:
		case c == '\n' || c == '\u2028' || c == '\u2029':
			if !r.lines {
				return report("line_end", "the cell holds a line end")
			}
		case unicode.IsControl(c):
			return report("control_character", "the cell holds a control character: a tab, or a sign that this encoding does not have")
		}
	}
	return finding.Finding{}, false
}

// kindOf is what the text of a cell can only be: an address, a date or a phone, which
// betray a row whose cells have moved into the next columns.
func kindOf(cell string) class {
	if len(cell) < 6 {
		return anyClass
	}
	first := cell[0]
	switch {
	case strings.IndexByte(cell, '@') > 0 && !strings.ContainsAny(cell, " ,;:/") && strings.LastIndexByte(cell, '.') > strings.IndexByte(cell, '@'):
		return mailClass
	case first >= '0' && first <= '9' && isNumericDate(cell):
		return dateClass
	case (first == '+' || first == '0') && isPhone(cell):
		return phoneClass
	default:
		return anyClass
	}
}

func isNumericDate(cell string) bool {
	_, _, ok := tabular.NumericDate(cell)
	return ok || isoDay.MatchString(cell)
}

// isoDay is a date written year first.
var isoDay = regexp.MustCompile(`^(19|20)\d\d-[01]\d-[0-3]\d$`)

// phoneDigits are as many as a phone number has at least.
const phoneDigits = 9

func isPhone(cell string) bool {
	digits := 0
	for _, c := range cell {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case !strings.ContainsRune("+-./() ", c):
			return false
		}
	}
	return digits >= phoneDigits
}

// open reports whether a column may have anything.
func (r *rules) open() bool {
	return r.class == fieldClass || r.class == loginClass || r.Key == reasonsColumn || r.Key == plan.Manager
}

// misplaced reports whether a column never has what a cell can only be.
func (r *rules) misplaced(kind class) bool {
	switch {
	case kind == anyClass || kind == r.class || r.open():
		return false
	case kind == phoneClass:
		return r.class == nameClass || r.class == mailClass || r.class == dateClass || r.Key == "jobTitle" || r.Key == "address" || r.Key == fullNameKey
	default:
		return true
	}
}

// called is how a message calls what a cell is.
func (k class) called() string {
	switch k {
	case mailClass:
		return "an e-mail address"
	case phoneClass:
		return "a phone number"
	default:
		return "a date"
	}
}

// misplaced finds the cells of a row that can only belong to other columns. Shifted reports a
// cell that is what the column beside it has, while the cell there is not: the row has
// moved.
func misplaced(all []rules, row *tabular.Row, cells []string) (shifted int, found bool) {
	for i := range cells {
		if all[i].open() || all[i].class == mailClass && strings.IndexByte(cells[i], '@') > 0 {
			continue
		}
		kind := kindOf(cells[i])
		if kind == anyClass || row.Date(all[i].Index) || !all[i].misplaced(kind) {
			continue
		}
		for _, j := range []int{i - 1, i + 1} {
			if j >= 0 && j < len(cells) && all[j].class == kind && kindOf(cells[j]) != kind {
				return i, true
			}
		}
		f := finding.Finding{
			Severity: finding.Error, Code: "misplaced_value", Column: all[i].Key,
			Message: fmt.Sprintf("the cell is %s, which this column never has: see which column it belongs to", kind.called()),
		}
		row.Findings = append(row.Findings, f.At(row.Number, all[i].Index))
	}
	return 0, false
}
