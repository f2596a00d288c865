package learn

import (
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"lucca-exchange/internal/tabular"
)

// sampled is how many rows at the start tell the separator, looked how many can be the header.
const (
	sampled = 200
	looked  = 50
)

// kind finds out whether the file is text or a workbook, and which sheet is meant.
func (k *look) kind() error {
	k.format.Caps = k.known.Caps
	if _, err := k.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read file: %w", err)
	}
	sheets, err := tabular.Sheets(k.file, k.format)
	if err != nil {
		return err
	}
	k.lesson.Kind = "csv"
	if len(sheets) == 0 {
		return nil
	}
	k.lesson.Kind = tabular.XLSX
	if len(sheets) == 1 {
		k.fact("sheet", sheets[0], Certain, "the only one with rows that is shown")
		return nil
	}
	sheet, err := k.sheet(sheets)
	k.format.Sheet, k.section.Sheet = sheet, sheet
	return err
}

// sheet chooses among several: the only one that has a header, else whoever is asked says.
func (k *look) sheet(sheets []string) (string, error) {
	best, known := 0, 0
	d := Doubt{ID: "sheet", Question: "Which sheet has the users?"}
	scores := make([]int, len(sheets))
	for i, name := range sheets {
		f := k.format
		f.Sheet = name
		head, err := k.sample(f)
		if err != nil {
			return "", err
		}
		if _, scores[i] = k.words.headerOf(head); scores[i] > 1 {
			known++
		}
		if scores[i] > scores[best] {
			best = i
		}
		d.Choices = append(d.Choices, Choice{name, fmt.Sprintf("%d headers that are known", scores[i])})
	}
	if known == 1 {
		k.fact("sheet", sheets[best], Likely, "the only one of %d with headers that are known", len(sheets))
		return sheets[best], nil
	}
	if answer, ok := k.ask(d); ok {
		k.fact("sheet", answer, Certain, "as you say")
		return answer, nil
	}
	k.fact("sheet", sheets[best], Unsettled, "one of %d with rows", len(sheets))
	return sheets[best], nil
}

// sample reads the first rows.
func (k *look) sample(f tabular.Format) ([]tabular.RawRow, error) {
	var head []tabular.RawRow
	_, err := k.raw(f, func(row tabular.RawRow) bool {
		head = append(head, row)
		return len(head) < sampled
	})
	if errors.Is(err, tabular.ErrRefused) && len(head) > 0 {
		err = nil // what is wrong further down, the trial says
	}
	return head, err
}

// encoding finds that of a file of text. A byte-order mark, and valid UTF-8, need no option.
func (k *look) encoding() error {
	if k.lesson.Kind == tabular.XLSX {
		return nil
	}
	info, err := k.raw(k.format, func(tabular.RawRow) bool { return true })
	if hasCode(err, "nul_byte") {
		k.format.Encoding, k.section.Encoding = tabular.UTF16, tabular.UTF16
		info, err = k.raw(k.format, func(tabular.RawRow) bool { return true })
	}
	if errors.Is(err, tabular.ErrRefused) && info.Encoding != tabular.Windows1252 && info.Rows > 0 {
		err = nil // the separator may be another one; see the trial
	}
	if err != nil {
		return err
	}
	if info.Encoding != tabular.Windows1252 {
		k.fact("encoding", info.Encoding, Certain, "all of it is valid")
		return nil
	}
	readings, err := tabular.Readings(k.file, k.format)
	if err != nil {
		return err
	}
	k.singleByte(readings)
	return nil
}

// singleByte chooses an encoding by the letters that the file has in each.
func (k *look) singleByte(readings []tabular.Reading) {
	best, second := readings[0], readings[1]
	d := Doubt{ID: "encoding", Question: "In which encoding are the accents of the file right?"}
	for _, r := range readings {
		d.Choices = append(d.Choices, Choice{r.Encoding, fmt.Sprintf("%d cells with accents read as words, %d do not", r.Whole, r.Broken)})
	}
	switch {
	case best.Broken == 0 && (second.Broken > 0 || best.Encoding == tabular.Windows1252):
		sure := Certain
		if second.Broken == 0 {
			sure = Likely
		}
		k.format.Encoding = best.Encoding
		k.fact("encoding", best.Encoding, sure, "not UTF-8, and its %d cells with accents are words", best.Whole)
	default:
		answer, ok := k.ask(d)
		if !ok {
			k.format.Encoding = best.Encoding
			k.fact("encoding", best.Encoding, Unsettled, "not UTF-8, and no other fits without a fault")
			break
		}
		k.format.Encoding = answer
		k.fact("encoding", answer, Certain, "as you say")
	}
	k.section.Encoding = k.format.Encoding
}

func hasCode(err error, code string) bool {
	refusal, ok := errors.AsType[*tabular.Refusal](err)
	return ok && len(refusal.Findings) > 0 && refusal.Findings[0].Code == code
}

// separators are those that are tried, with what a person calls them.
func separators() []Choice {
	return []Choice{{";", "semicolon"}, {",", "comma"}, {"\t", "tab"}, {"|", "vertical bar"}}
}

// separator finds the sign that cuts the rows into the most even cells, and the most headers
// that are known.
func (k *look) separator() (err error) {
	if k.lesson.Kind == tabular.XLSX {
		k.head, err = k.sample(k.format)
		return err
	}
	var best, second float64
	chosen := separators()[0]
	var heads = make(map[string][]tabular.RawRow)
	for _, s := range separators() {
		f := k.format
		f.Separator = s.Answer
		head, err := k.sample(f)
		if err != nil && !errors.Is(err, tabular.ErrRefused) {
			return err
		}
		heads[s.Answer] = head
		score := k.words.evenness(head)
		if hinted(head, s.Answer) {
			score = math.Inf(1)
		}
		if score > best {
			best, second, chosen = score, best, s
		} else if score > second {
			second = score
		}
	}
	sure, because := Certain, "the rows have as many cells as the header"
	switch {
	case math.IsInf(best, 1):
		because = "the first row says so"
	case best == 0:
		because = "the file has one column"
	case second > 0.8*best:
		answer, ok := k.ask(Doubt{ID: "separator", Question: "Which sign stands between the cells?", Choices: named(separators())})
		if sure, because = Unsettled, "another sign fits as well"; ok {
			sure, because = Certain, "as you say"
			chosen = unnamed(answer)
		}
	}
	k.fact("separator", chosen.Means, sure, "%s", because)
	k.format.Separator, k.head = chosen.Answer, heads[chosen.Answer]
	if chosen.Answer != ";" {
		k.section.Separator = chosen.Answer
	}
	if len(k.head) == 0 {
		return tabular.Refuse(0, "empty_file", "the file is empty: it has no header row")
	}
	return nil
}

// named gives separators that can be typed.
func named(all []Choice) []Choice {
	for i := range all {
		all[i].Answer, all[i].Means = all[i].Means, strconv.Quote(all[i].Answer)
	}
	return all
}

func unnamed(name string) Choice {
	for _, s := range separators() {
		if s.Means == name {
			return s
		}
	}
	return separators()[0]
}

// hinted reports whether the first row is sep= with the separator that the rows were cut by.
func hinted(head []tabular.RawRow, separator string) bool {
	if len(head) == 0 || head[0].Number != 1 {
		return false
	}
	return strings.EqualFold(tabular.Clean(strings.Join(head[0].Cells, separator)), "sep="+separator) && len(head[0].Cells) == 2
}

// evenness is greater the more rows have equally many cells, the more cells these are, and
// the more headers are known; 0 for rows of one cell.
func (d dictionary) evenness(head []tabular.RawRow) float64 {
	widths := make(map[int]int)
	for _, row := range head {
		widths[len(row.Cells)]++
	}
	most := 0.0
	for width, rows := range widths {
		if width > 1 {
			most = max(most, float64(rows)/float64(len(head))*math.Log2(float64(width)))
		}
	}
	if most == 0 {
		return 0
	}
	_, known := d.headerOf(head)
	return most + 2*float64(known)
}

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

// header finds the row of the header, and what stands above it.
func (k *look) header() error {
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
			if i := k.rowOf(answer); i >= 0 {
				at, sure = i, Certain
				break
			}
			return fmt.Errorf("%w: \"header\" takes the number of a row", ErrAnswer)
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
	k.above(k.head[first:at])
	k.makeColumns(k.head[at])
	return nil
}

// rowOf finds a row by its number.
func (k *look) rowOf(number string) int {
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

// above says how the rows above the header are passed over: by a sign that all of them begin
// with, since their number may change, else by the row of the header.
func (k *look) above(titles []tabular.RawRow) {
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
		if !totals.MatchString(foldHeader(bare)) {
			return "", false
		}
		word := strings.FieldsFunc(bare, func(r rune) bool { return r == ' ' || r == ':' || r == '=' || r >= '0' && r <= '9' })[0]
		return "^" + regexp.QuoteMeta(text[:len(text)-len(bare)]+word), true
	}
	return "", false
}
