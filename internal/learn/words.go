package learn

import (
	"slices"
	"strings"

	"lucca-exchange/internal/person"
	"lucca-exchange/internal/userfile"
)

// WholeName is the code of a column with the first and the last name.
const WholeName = "name"

// dictionary knows header texts: Lucca's own, and those of userfile.Headers by their folded texts.
type dictionary struct {
	codes userfile.Codes
	words map[string][]string
}

func newDictionary(candidates bool) (dictionary, error) {
	codes, err := userfile.NewCodes()
	d := dictionary{codes, make(map[string][]string)}
	for code, text := range userfile.Headers {
		if (candidates || code != hiredAt) && !slices.Contains(d.words[text], code) {
			d.words[text] = append(d.words[text], code)
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
		if codes := d.words[userfile.FoldHeader(text)]; len(codes) > 0 {
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

// fold makes texts equal that differ in case and accents.
func fold(text string) string { return person.Fold(text) }
