package learn

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"lucca-exchange/internal/tabular"
)

// learnEncoding finds that of a file of text. A byte-order mark, and valid UTF-8, need no option.
func learnEncoding(k *look) error {
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
	singleByte(k, readings)
	return nil
}

// singleByte chooses an encoding by the letters that the file has in each.
func singleByte(k *look, readings []tabular.Reading) {
	best, second := readings[0], readings[1]
	d := Doubt{ID: "encoding", Question: "In which encoding are the accents of the file right?"}
	for _, r := range readings {
		d.Choices = append(d.Choices, Choice{r.Encoding, fmt.Sprintf("%d cells with accents read as words, %d do not", r.Whole, r.Broken)})
	}
	switch {
	case !best.Doubted && !second.Doubted && best.Broken == 0 && (second.Broken > 0 || best.Encoding == tabular.Windows1252):
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

// learnSeparator finds the sign that cuts the rows into the most even cells, and the most headers
// that are known.
func learnSeparator(k *look) (err error) {
	if k.lesson.Kind == tabular.XLSX {
		k.head, err = readSample(k, k.format)
		return err
	}
	var best, second float64
	chosen := separators()[0]
	var heads = make(map[string][]tabular.RawRow)
	for _, s := range separators() {
		f := k.format
		f.Separator = s.Answer
		head, err := readSample(k, f)
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
