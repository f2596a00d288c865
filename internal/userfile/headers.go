package userfile

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"lucca-exchange/internal/plan"
)

//go:embed headers.txt
var headerTexts string

// Headers yields the texts by which payrolls and HR programs call a column, folded as FoldHeader
// does, each with the code of what it may mean.
func Headers(yield func(code, text string) bool) {
	for line := range strings.Lines(headerTexts) {
		code, texts, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		for text := range strings.SplitSeq(texts, "|") {
			if !yield(code, FoldHeader(text)) {
				return
			}
		}
	}
}

// signs are those of headers that stand for words or letters.
var signs = strings.NewReplacer("°", " ", "º", " ", "#", " no ", "œ", "oe", "æ", "ae", "ß", "ss")

// FoldHeader leaves letters and digits without accents, a blank between words.
func FoldHeader(text string) string {
	text = signs.Replace(strings.ToLower(text))
	text = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(text))
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

// identifying are the header texts, each with whether it is one of a column that says who a row is
// about.
var identifying = sync.OnceValue(func() map[string]bool {
	all := make(map[string]bool)
	for code, text := range Headers {
		names := slices.Contains([]string{plan.Login, plan.EmployeeNumber, plan.Mail, plan.LastName, plan.FirstName, fullNameKey}, code)
		all[text] = names || all[text]
	}
	return all
})

// longestHeader is the length of the longest header text, in bytes, with room for accents.
const longestHeader = 60

// headerOf reports whether a text is one that the headers of other files have, and whether it says
// who a row is about.
func headerOf(text string) (header, identifies bool) {
	if len(text) < 2 || len(text) > longestHeader || strings.ContainsAny(text, "@0123456789") {
		return false, false
	}
	identifies, header = identifying()[FoldHeader(text)]
	return header, identifies
}
