package tabular

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/nearest"
)

// Field is a column that a file may have.
type Field struct {
	// Key is what the column is called in the program, and in the header.
	Key string
	// Aliases are further texts that the header may have.
	Aliases []string
	// Family says that Key is only how the keys of several columns begin.
	Family Family
	// Exact is a column of addresses or keys, in which a blank of a special kind or a sign
	// that cannot be seen is a fault, and is not mended.
	Exact bool
}

// Family is what follows a Key that several columns have.
type Family int

// What follows: nothing, a number from 0, any word.
const (
	Single Family = iota
	Numbered
	Worded
)

// Contract is the columns of a file.
type Contract struct {
	Fields []Field
	// Renamed gives the key for header texts of one flow. They come before Fields.
	Renamed map[string]string
	// Required are the keys without which the file is refused.
	Required []string
	// Ignored are header texts of columns that are left out, whatever they would mean.
	// IgnoreUnknown leaves out those that mean nothing too, with a warning, unless they are
	// near to one that does: it may be mistyped.
	Ignored       []string
	IgnoreUnknown bool
	// Headers tells whether a text is one that headers of other files have, and whether it names
	// a column that says who a row is about; nil for no such texts.
	Headers func(text string) (header, identifies bool)
}

// Column is a column of a file that was bound to its key.
type Column struct {
	Key string
	// Index is the 0-based place in the file.
	Index int
	// Exact is that of the field.
	Exact bool
}

// Bind finds the key of every column of a header. Texts are matched without regard to
// case. The findings have every unknown, duplicate, nameless and missing column; with one
// of severity error the file is to be refused.
func (c Contract) Bind(header []string, row int) ([]Column, []finding.Finding) {
	named := len(header) // some programs end every row with a separator
	for named > 0 && header[named-1] == "" {
		named--
	}
	b := binder{contract: c, row: row, at: make(map[string]int), likely: c.likely(header[:named])}
	for i, text := range header[:named] {
		b.bind(i, text)
	}
	b.missing()
	return b.columns, b.findings
}

// binder is the state of one Bind.
type binder struct {
	contract Contract
	row      int
	// at is the column of each folded key.
	at map[string]int
	// likely says that the row looks like a header. If not, it may be a person's data in a
	// file without one, of which nothing may be repeated: not even that a text is near to a
	// key, since a job title can be.
	likely   bool
	columns  []Column
	findings []finding.Finding
}

func (b *binder) bind(i int, text string) {
	key, ok := b.contract.key(text)
	switch first, again := b.at[fold(key)]; {
	case b.contract.ignores(text):
	case text == "":
		b.report(i, "", "unnamed_column", "the column has no name: name it, or leave it out")
	case !ok && b.likely && b.contract.IgnoreUnknown && b.contract.Nearest(text) == "":
		f := finding.Finding{Severity: finding.Warning, Code: "ignored_column", Message: b.quoted(text) + " is unknown and was left out"}
		b.findings = append(b.findings, f.At(b.row, i))
	case !ok:
		b.report(i, "", "unknown_column", b.unknown(text))
	case again && !b.likely:
		b.report(i, "", "duplicate_column", fmt.Sprintf("%s: column %s says the same", noHeader, finding.Letters(first)))
	case again:
		b.report(i, key, "duplicate_column", fmt.Sprintf("column %s is %s already: leave one out", finding.Letters(first), key))
	default:
		b.at[fold(key)] = i
		b.columns = append(b.columns, Column{Key: key, Index: i, Exact: b.contract.exact(key)})
	}
}

func (b *binder) report(i int, key, code, message string) {
	f := finding.Finding{Severity: finding.Error, Code: code, Column: key, Message: message}
	b.findings = append(b.findings, f.At(b.row, i))
}

const noHeader = "the first row does not look like a header"

// headerShown is how much of a header text a message quotes.
const headerShown = 40

func (b *binder) unknown(text string) string {
	if !b.likely {
		return noHeader + ": want one with the known columns, or with those named under columns:; where titles stand above it, set header: {row: …}"
	}
	name := b.quoted(text)
	if near := b.contract.Nearest(text); near != "" {
		return fmt.Sprintf("%s is unknown: did you mean %s?", name, near)
	}
	return name + " is unknown: name it under columns:, or under ignore: if it means nothing here"
}

// quoted is a header text as a message shows it.
func (b *binder) quoted(text string) string {
	if personal(text) {
		return "the column"
	}
	runes := []rune(text)
	return fmt.Sprintf("%q", string(runes[:min(len(runes), headerShown)]))
}

// ignores reports whether a column is to be left out.
func (c Contract) ignores(text string) bool {
	return slices.ContainsFunc(c.Ignored, func(own string) bool { return text != "" && fold(own) == fold(text) })
}

func (c Contract) exact(key string) bool {
	return slices.ContainsFunc(c.Fields, func(f Field) bool { return f.Exact && f.Key == key })
}

// words are the texts that a header may have.
type words struct {
	all map[string]bool
	// lengths has a bit for each length of a text in bytes, up to 63; there is no longer one.
	lengths uint64
	headers func(text string) (header, identifies bool)
}

func (w *words) add(text string) {
	if text = fold(text); text != "" && len(text) < 64 {
		w.all[text] = true
		w.lengths |= 1 << len(text)
	}
}

// has reports whether a cell is such a text. Most cells are told by their length alone.
func (w *words) has(cell string) bool {
	if isASCII(cell) && (len(cell) >= 64 || w.lengths&(1<<len(cell)) == 0) && !strings.ContainsRune(cell, ' ') {
		return false
	}
	return w.all[fold(cell)]
}

func (c Contract) words(header []string) *words {
	w := &words{all: make(map[string]bool), headers: c.Headers}
	for _, f := range c.Fields {
		if f.Family != Single {
			continue
		}
		w.add(f.Key)
		for _, alias := range f.Aliases {
			w.add(alias)
		}
	}
	for _, text := range slices.Concat(header, slices.Collect(maps.Keys(c.Renamed)), c.Ignored) {
		w.add(text)
	}
	return w
}

// joined reports whether a row is another header: its first cell and most of the others are
// texts that a header has. The header of a file that was joined to one without a last line
// end goes on where the last cell of that ends.
func (w *words) joined(s *Sheet, row *Row) bool {
	cells := row.Cells
	if n := s.named; n > 1 && len(cells) >= 2*n-1 && fold(cells[2*n-2]) == fold(s.header[n-1]) {
		return s.isHeader(append([]string{s.header[0]}, cells[n:2*n-1]...)) && strings.HasSuffix(fold(cells[n-1]), fold(s.header[0]))
	}
	known, texts := 0, 0
	for _, cell := range cells {
		if cell == "" {
			continue
		}
		if texts++; w.has(cell) || texts > 1 && w.isHeader(cell) {
			known++
		} else if texts == 1 {
			return row.Number > s.headerRow+1 && w.foreign(cells) // the first may have titles for people
		}
	}
	return known > 1 && 4*known >= 3*texts && !s.isHeaderAgain(cells)
}

// isHeader reports whether a cell is a text that headers of other files have.
func (w *words) isHeader(cell string) bool {
	if w.headers == nil {
		return false
	}
	header, _ := w.headers(Clean(cell))
	return header
}

// foreign reports whether a row has nothing but texts that headers of other files have, the first
// of a column that says who a row is about.
func (w *words) foreign(cells []string) bool {
	texts := 0
	for _, cell := range cells {
		if w.headers == nil || cell == "" {
			continue
		}
		header, identifies := w.headers(Clean(cell))
		if texts++; !header && !w.has(cell) || texts == 1 && !identifies {
			return false
		}
	}
	return texts > 1
}

// isHeaderAgain reports whether a row is the header of the file itself.
func (s *Sheet) isHeaderAgain(cells []string) bool {
	return len(cells) >= s.named && s.isHeader(cells)
}

// personalDigits are as many digits as a year, a postcode or an employee number has.
const personalDigits = 4

// personal reports whether a text may be somebody's address, date or number, which is never
// quoted.
func personal(text string) bool {
	digits := 0
	for _, r := range text {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	return digits >= personalDigits || strings.Contains(text, "@")
}

func (b *binder) missing() {
	for _, key := range b.contract.Required {
		if _, ok := b.at[fold(key)]; !ok {
			b.findings = append(b.findings, finding.Finding{
				Severity: finding.Error, Code: "missing_column", Row: b.row, Column: key,
				Message: fmt.Sprintf("the column %s is missing", key),
			})
		}
	}
	for _, text := range slices.Sorted(maps.Keys(b.contract.Renamed)) {
		key := b.contract.Renamed[text]
		if _, ok := b.at[fold(key)]; !ok && !slices.Contains(b.contract.Required, key) {
			b.findings = append(b.findings, finding.Finding{
				Severity: finding.Warning, Code: "absent_column", Row: b.row, Column: key,
				Message: fmt.Sprintf("the file has no column %q, which is configured as %s", text, key),
			})
		}
	}
}

// Key returns the key that a header text stands for, whatever Renamed says.
func (c Contract) Key(text string) (key string, ok bool) {
	folded := fold(text)
	for _, f := range c.Fields {
		if f.Family == Single && (fold(f.Key) == folded || slices.ContainsFunc(f.Aliases, func(a string) bool { return fold(a) == folded })) {
			return f.Key, true
		}
		if rest, ok := cutFold(text, f.Key); ok && f.Family.holds(rest) {
			return f.Key + rest, true
		}
	}
	return "", false
}

func (c Contract) key(text string) (string, bool) {
	for own, key := range c.Renamed {
		if fold(own) == fold(text) {
			return key, true
		}
	}
	return c.Key(text)
}

// holds reports whether rest, after the key of the family, names one of it.
func (f Family) holds(rest string) bool {
	switch f {
	case Numbered:
		return rest == "0" || rest != "" && len(rest) <= 3 && rest[0] != '0' && OnlyDigits(rest)
	case Worded:
		return rest != "" && !strings.ContainsFunc(rest, func(r rune) bool { return isBlank(r) || r < ' ' })
	default:
		return false
	}
}

// likely reports whether at least half of the texts of a row are known: a single one may be
// a job title.
func (c Contract) likely(header []string) bool {
	known, texts := 0, 0
	for _, text := range header {
		if text == "" {
			continue
		}
		texts++
		if _, ok := c.key(text); ok {
			known++
		}
	}
	return 2*known >= texts
}

// Nearest returns the key that was probably meant by an unknown text, or nothing.
func (c Contract) Nearest(text string) string {
	key, _ := nearest.Of(fold(text), func(yield func(name, key string) bool) {
		for _, f := range c.Fields {
			if f.Family != Single {
				continue
			}
			for _, name := range append([]string{f.Key}, f.Aliases...) {
				if !yield(fold(name), f.Key) {
					return
				}
			}
		}
	})
	return key
}

// fold makes texts equal that differ in case, or in the blanks around them.
func fold(text string) string {
	if text = Clean(text); isASCII(text) && !strings.ContainsAny(text, " \t\r\n") {
		return strings.ToLower(text)
	}
	return strings.ToLower(norm.NFC.String(strings.Join(strings.Fields(text), " ")))
}

func cutFold(text, prefix string) (rest string, ok bool) {
	if len(text) < len(prefix) || !strings.EqualFold(text[:len(prefix)], prefix) {
		return "", false
	}
	return text[len(prefix):], true
}
