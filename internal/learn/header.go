package learn

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/person"
	"lucca-exchange/internal/tabular"
	"lucca-exchange/internal/userfile"
)

// headerOf returns the row with the most headers that are known, and how many these are.
func (d dictionary) headerOf(head []tabular.RawRow) (at, known int) {
	at = -1
	for i, row := range head[:min(len(head), looked)] {
		if n := d.known(row); n > known && 2*n >= filled(row) {
			at, known = i, n
		}
	}
	return at, known
}

// known counts the texts of a row that are headers.
func (d dictionary) known(row tabular.RawRow) int {
	n := 0
	for _, cell := range row.Cells {
		if tabular.Clean(cell) != "" && len(d.meanings(cell)) > 0 {
			n++
		}
	}
	return n
}

// learnHeader finds the row of the header, and what stands above it.
func learnHeader(k *look) error {
	first := 0
	if hinted(k.head, k.format.Separator) {
		first = 1
	}
	at, known := k.words.headerOf(k.head)
	var sure Confidence
	switch {
	case known > 1 || at == first:
		sure = Certain
	case len(k.head) > first:
		at = widest(k.head, first)
		d := Doubt{ID: "header", Question: "Which row names the columns? None has two headers that are known.", Free: true}
		d.Choices = []Choice{{strconv.Itoa(k.head[at].Number), "the first row with all columns"}}
		if answer, ok := k.ask(d); ok {
			if i := rowOf(k, answer); i >= 0 {
				at, sure = i, Certain
				break
			}
			return fault.Of(ErrAnswer, "\"header\" takes the number of a row")
		}
		if isData(k.head[at]) {
			return tabular.Refuse(k.head[at].Number, "no_header", "no row names the columns, and this one has somebody's data already: have the program write a header row, or put one above, such as login;lastName;firstName")
		}
		sure = Unsettled
	default:
		return tabular.Refuse(0, "empty_file", "the file is empty: it has no header row")
	}
	k.headerRow = k.head[at].Number
	because := "none of its texts is known"
	if known = k.words.known(k.head[at]); known > 0 {
		because = fmt.Sprintf("%d of its texts are known", known)
	}
	k.fact("header", fmt.Sprintf("row %d", k.headerRow), sure, "%s", because)
	learnAbove(k, k.head[first:at])
	if sure != Unsettled { // else nobody knows what to ask about
		makeColumns(k, k.head[at])
	}
	return nil
}

// isData reports whether a row has what no header is called.
func isData(row tabular.RawRow) bool {
	return slices.ContainsFunc(row.Cells, func(cell string) bool {
		text := tabular.Clean(cell)
		return person.IsAddress(text) || tabular.OnlyDigits(text) && len(text) > 3 || looksLikePhone(text) || dated.MatchString(text)
	})
}

// rowOf finds a row by its number.
func rowOf(k *look, number string) int {
	for i, row := range k.head {
		if strconv.Itoa(row.Number) == strings.TrimSpace(number) {
			return i
		}
	}
	return -1
}

// widest is the first row with as many cells as most.
func widest(head []tabular.RawRow, first int) int {
	at := first
	for i := first; i < min(len(head), looked); i++ {
		if filled(head[i]) > filled(head[at]) {
			at = i
		}
	}
	return at
}

func filled(row tabular.RawRow) int {
	n := 0
	for _, cell := range row.Cells {
		if tabular.Clean(cell) != "" {
			n++
		}
	}
	return n
}

// learnAbove says how the rows above the header are passed over: by a sign that all of them begin
// with, since their number may change, else by the row of the header.
func learnAbove(k *look, titles []tabular.RawRow) {
	if len(titles) == 0 {
		return
	}
	for _, sign := range []string{"#", "--", "//", "*"} {
		all := true
		for _, row := range titles {
			all = all && strings.HasPrefix(tabular.Clean(row.Cells[0]), sign)
		}
		if all {
			k.section.Header.Skip = "^" + regexp.QuoteMeta(sign)
			return
		}
	}
	k.section.Header.Row = k.headerRow
}

// totals are how rows below the data begin, folded.
var totals = regexp.MustCompile(`^(total|totaux|sous total|grand total|summe|gesamt|gesamtsumme|anzahl|nombre|effectif|effectifs|count|sum|fin|fin de fichier|fin du fichier|end of file|ende|eof)\b`)

// footer recognises rows below the data, which are the last ones: they begin with a word for a
// total, and leave most cells blank.
func footer(row tabular.RawRow, columns int) (pattern string, ok bool) {
	if 2*filled(row) > columns && columns > 2 {
		return "", false
	}
	for _, cell := range row.Cells {
		text := tabular.Clean(cell)
		if text == "" {
			continue
		}
		// Signs before the word, as in *** FIN ***, belong to the pattern.
		bare := strings.TrimLeft(text, "*-=#< ")
		if !totals.MatchString(userfile.FoldHeader(bare)) {
			return "", false
		}
		word := strings.FieldsFunc(bare, func(r rune) bool { return r == ' ' || r == ':' || r == '=' || r >= '0' && r <= '9' })[0]
		return "^" + regexp.QuoteMeta(text[:len(text)-len(bare)]+word), true
	}
	return "", false
}
