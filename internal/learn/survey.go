package learn

import (
	"fmt"
	"strings"
	"unicode"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/person"
	"lucca-exchange/internal/tabular"
)

// column is what is known of one column.
type column struct {
	index  int
	header string
	// codes are what it may mean, by its header; code is what it does mean, once that is
	// settled, with why.
	codes   []string
	code    string
	sure    Confidence
	because string
	cells
}

// letters is the column's name in a spreadsheet.
func (c *column) letters() string { return finding.Letters(c.index) }

// id is how an answer calls the column.
func (c *column) id() string {
	if c.header == "" {
		return "column:" + c.letters()
	}
	return "column:" + c.header
}

// distinctKept is how many different texts of a column are kept, longest how long they may be.
const (
	distinctKept = 3000
	longest      = 80
)

// cells counts what the cells of a column look like. Words for nothing are not counted.
type cells struct {
	filled, dated int
	// texts are the different ones with their number, until there are too many.
	texts map[string]int
	many  bool
	// nulls are words for nothing.
	nulls map[string]int
	// shapes are the dates by how they are written.
	shapes                              map[string]shape
	mails, phones, numbers, words, long int
	// blanks counts cells of several words; letters those without any digit.
	severalWords int
	// widest and narrowest are the lengths of those with digits alone; zeros those of them
	// that begin with a zero.
	digits, zeros, narrowest, widest int
}

// makeColumns takes the header over.
func makeColumns(k *look, header tabular.RawRow) {
	named := 0
	for i, cell := range header.Cells {
		if tabular.Clean(cell) != "" {
			named = i + 1
		}
	}
	for i, cell := range header.Cells[:named] {
		text := strings.Join(strings.Fields(tabular.Mend(tabular.Clean(cell))), " ")
		k.cols = append(k.cols, column{index: i, header: text, codes: k.words.meanings(text), cells: cells{texts: make(map[string]int), nulls: make(map[string]int), shapes: make(map[string]shape)}})
	}
}

// tail is how many rows at the end may be below the data.
const tail = 5

// surveyAll looks at every cell below the header. The last rows are looked at last: they may be
// totals.
func surveyAll(k *look) error {
	var last []tabular.RawRow
	_, err := k.raw(k.format, func(row tabular.RawRow) bool {
		if row.Number <= k.headerRow {
			return true
		}
		if last = append(last, row); len(last) > tail {
			seeRow(k, last[0])
			last = last[1:]
		}
		return true
	})
	if err != nil && !isRefused(err) {
		return err // what is wrong with the file, the trial says
	}
	end := len(last)
	for i := range last {
		pattern, ok := footer(last[i], len(k.cols))
		if ok && k.section.Footer == "" {
			k.section.Footer, end = pattern, i
			k.fact("footer", fmt.Sprintf("row %d", last[i].Number), Likely, "it begins like a total, and is not a person")
		}
	}
	for _, row := range last[:end] {
		seeRow(k, row)
	}
	return nil
}

func seeRow(k *look, row tabular.RawRow) {
	k.lesson.Rows++
	for i, cell := range row.Cells[:min(len(row.Cells), len(k.cols))] {
		dated := i < len(row.Dates) && row.Dates[i]
		k.cols[i].see(tabular.Mend(tabular.Clean(cell)), dated)
	}
}

// isNull knows the words by which databases and programs write nothing.
func isNull(text string) bool {
	switch strings.ToLower(text) {
	case "null", "(null)", `\n`, "nan", "none", "n/a", "na", "nil", "-", "--", "n.a.", "undefined":
		return true
	default:
		return false
	}
}

func (c *cells) see(text string, dated bool) {
	switch {
	case text == "":
		return
	case isNull(text):
		c.nulls[text]++
		return
	}
	c.filled++
	c.keep(text)
	switch {
	case dated:
		c.dated++
	case c.seeDate(text):
	case person.IsAddress(text):
		c.mails++
	case tabular.OnlyDigits(text):
		c.seeDigits(text)
	case looksLikePhone(text):
		c.phones++
	case !strings.ContainsFunc(text, unicode.IsDigit):
		c.words++
	case !strings.Contains(text, " "):
		c.numbers++
	}
	if strings.Contains(text, " ") {
		c.severalWords++
	}
	if len(text) > longest {
		c.long++
	}
}

func (c *cells) keep(text string) {
	if _, there := c.texts[text]; !there && (len(c.texts) >= distinctKept || len(text) > longest) {
		c.many = true
		return
	}
	c.texts[text]++
}

func (c *cells) seeDigits(text string) {
	if c.digits == 0 || len(text) < c.narrowest {
		c.narrowest = len(text)
	}
	c.widest = max(c.widest, len(text))
	if c.digits++; text[0] == '0' {
		c.zeros++
	}
}

// leastPhone is as many digits as a phone number has at least.
const leastPhone = 8

func looksLikePhone(text string) bool {
	n := 0
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			n++
		case !strings.ContainsRune("+-./() ", r):
			return false
		}
	}
	return n >= leastPhone
}

// most reports whether nearly all cells are what was counted.
func (c *cells) most(n int) bool { return c.filled > 0 && 10*n >= 9*c.filled }
