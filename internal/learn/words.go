package learn

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"

	"lucca-exchange/internal/person"
	"lucca-exchange/internal/userfile"
)

// headers lists the texts that columns are known by.
//
//go:embed words.txt
var headers string

// WholeName is the code of a column with the first and the last name.
const WholeName = "name"

// dictionary knows header texts: Lucca's own, and those of words.txt by their folded texts.
type dictionary struct {
	codes userfile.Codes
	words map[string][]string
}

func newDictionary() (dictionary, error) {
	codes, err := userfile.NewCodes()
	d := dictionary{codes, make(map[string][]string)}
	for line := range strings.Lines(headers) {
		code, texts, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		for text := range strings.SplitSeq(texts, "|") {
			if text = foldHeader(text); !slices.Contains(d.words[text], code) {
				d.words[text] = append(d.words[text], code)
			}
		}
	}
	return d, err
}

// meanings are the codes that a header may stand for: its own, if it is one.
func (d dictionary) meanings(header string) []string {
	if code, ok := d.codes.Of(header); ok {
		return []string{code}
	}
	for _, text := range []string{header, withoutUnit(header)} {
		if codes := d.words[foldHeader(text)]; len(codes) > 0 {
			return codes
		}
	}
	return nil
}

// withoutUnit leaves out what stands in brackets after a header, such as (JJ/MM/AAAA), and
// the star of what must be filled in.
func withoutUnit(header string) string {
	if at := strings.IndexAny(header, "([{"); at > 0 {
		return header[:at]
	}
	return header
}

// foldHeader leaves letters and digits without accents, a blank between words.
func foldHeader(text string) string {
	text = strings.NewReplacer("°", " ", "º", " ", "#", " no ").Replace(text)
	return strings.Join(strings.FieldsFunc(fold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

// fold makes texts equal that differ in case and accents.
func fold(text string) string { return person.Fold(text) }
