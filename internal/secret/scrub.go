package secret

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// Bounds of Scrubber: a secret that is shorter cannot be told from words, and no sentence is
// longer.
const (
	leastSecret  = 4
	mostSentence = 4000
)

// Scrubber makes texts of other programs fit to be kept and sent on: a server can say a password
// back, as it is or in another form.
type Scrubber struct{ replacer *strings.Replacer }

// NewScrubber takes the secrets that a text must not hold.
func NewScrubber(values ...Value) Scrubber {
	var forms []string
	for _, v := range values {
		for line := range strings.Lines(v.s) { // a key in a file has many
			if line = strings.TrimSpace(line); len(line) >= leastSecret {
				forms = append(forms, encodings(line)...)
			}
		}
	}
	// The longest first: one form can begin another.
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, form := range slices.Compact(forms) {
		pairs = append(pairs, form, redacted)
	}
	return Scrubber{strings.NewReplacer(pairs...)}
}

// encodings are the forms in which a secret travels.
func encodings(s string) []string {
	return []string{
		s, url.QueryEscape(s), url.PathEscape(s), hex.EncodeToString([]byte(s)),
		base64.StdEncoding.EncodeToString([]byte(s)), base64.RawStdEncoding.EncodeToString([]byte(s)),
		base64.URLEncoding.EncodeToString([]byte(s)), base64.RawURLEncoding.EncodeToString([]byte(s)),
	}
}

// Text returns a text without the secrets, without characters that steer a terminal or turn its
// direction, and not endless.
func (s Scrubber) Text(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s.replacer.Replace(text))
	if len(text) > mostSentence {
		return strings.ToValidUTF8(text[:mostSentence], "") + "…"
	}
	return text
}
