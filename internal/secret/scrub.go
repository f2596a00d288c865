package secret

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
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
type Scrubber struct {
	replacer *strings.Replacer
	// forms are what is replaced, the longest first.
	forms []string
}

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
	var pairs []string
	slices.Sort(forms)
	forms = slices.Compact(forms)
	// The longest first: one form can begin another.
	slices.SortStableFunc(forms, func(a, b string) int { return len(b) - len(a) })
	for _, form := range forms {
		pairs = append(pairs, form, redacted)
	}
	return Scrubber{strings.NewReplacer(pairs...), forms}
}

// encodings are the forms in which a secret travels. Mainframes say what they were told in
// capitals, and other systems in small letters.
func encodings(s string) []string {
	code := hex.EncodeToString([]byte(s))
	forms := []string{
		url.QueryEscape(s), url.PathEscape(s), code, strings.ToUpper(code),
		base64.StdEncoding.EncodeToString([]byte(s)), base64.RawStdEncoding.EncodeToString([]byte(s)),
		base64.URLEncoding.EncodeToString([]byte(s)), base64.RawURLEncoding.EncodeToString([]byte(s)),
	}
	for _, text := range []string{s, strings.ToUpper(s), strings.ToLower(s)} {
		quoted, inASCII := strconv.Quote(text), strconv.QuoteToASCII(text)
		forms = append(forms, text, quoted[1:len(quoted)-1], inASCII[1:len(inASCII)-1], html.EscapeString(text))
		if written, err := json.Marshal(text); err == nil {
			forms = append(forms, string(written[1:len(written)-1]))
		}
	}
	return forms
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
	}, s.Redact(text))
	if len(text) > mostSentence {
		return strings.ToValidUTF8(text[:mostSentence], "") + "…"
	}
	return text
}

// Redact returns a text without the secrets, and else as it is. A secret that was cut off by "…"
// goes too.
func (s Scrubber) Redact(text string) string {
	if s.replacer == nil {
		return text
	}
	text = s.replacer.Replace(text)
	before, rest, cut := strings.Cut(text, "…")
	if !cut {
		return text
	}
	for _, form := range s.forms {
		for n := min(len(form)-1, len(before)); n >= leastSecret; n-- {
			if strings.HasSuffix(before, form[:n]) {
				return before[:len(before)-n] + redacted + "…" + s.Redact(rest)
			}
		}
	}
	return before + "…" + s.Redact(rest)
}

// Error returns an error whose text has none of the secrets, and which is what err is.
func (s Scrubber) Error(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if clean := s.Redact(text); clean != text {
		return &scrubbed{err, clean}
	}
	return err
}

// scrubbed is an error with another text.
type scrubbed struct {
	error
	text string
}

// Error is the text.
func (e *scrubbed) Error() string { return e.text }

// Unwrap returns the error, for its kind alone.
func (e *scrubbed) Unwrap() error { return e.error }

// ordinary are words as sentences have them.
var ordinary = regexp.MustCompile(`^\p{L}?(\p{Ll}{0,11}|\p{Lu}{0,11})$`)

// Ours is Known for texts of ours, in which the words of servers are clean already, since each adapter
// sees to that: a password that is an ordinary word stays. Cut out of a sentence that everybody can
// read elsewhere it would be told by the hole.
func Ours(refs ...Ref) Scrubber {
	return NewScrubber(slices.DeleteFunc(readable(refs), func(v Value) bool { return ordinary.MatchString(strings.TrimSpace(v.s)) })...)
}

// Known makes a Scrubber of what can be read of the references: what cannot be was not sent to
// anybody.
func Known(refs ...Ref) Scrubber { return NewScrubber(readable(refs)...) }

func readable(refs []Ref) (values []Value) {
	for _, ref := range refs {
		if v, err := ref.Resolve(); err == nil {
			values = append(values, v)
		}
	}
	return values
}
