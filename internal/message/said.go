package message

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// said begins the keys of what the program says in English where it happens: in findings,
// reasons, errors and hints. The English form of such a text is that of the source, so that
// logs, JSON and the state hold one language and a run of any age can be told in each.
const said = "said."

// number tells a parameter that counts; others are columns, names of files, limits, days.
var counting = regexp.MustCompile(`^(n|m|k|nn|mm|kk)$`)

// word is the parameter that holds a word of the program's own, such as an outcome.
const word = "word"

// data is the parameter that holds names or codes, which no language changes. One that begins so,
// such as data_who, ends with the part of the sentence that it is in.
const data = "data"

// heard knows the English of every text below said.
type heard struct {
	whole    map[string]string // texts without parameters
	patterns []pattern         // those with the most of their own words first
}

type pattern struct {
	key     string
	piece   string // the longest run of its own words, to pass over most patterns without a match
	own     int
	names   []string
	quoted  []bool // of a name: it stands between quotes, as values do, which are not told
	matcher func() *regexp.Regexp
}

var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

func hear(english map[string]text) *heard {
	h := &heard{whole: make(map[string]string)}
	for key, t := range english {
		if !strings.HasPrefix(key, said) {
			continue
		}
		for _, form := range []string{t.one, t.other} {
			switch {
			case form == "":
			case placeholder.MatchString(form):
				h.patterns = append(h.patterns, newPattern(key, form))
			default:
				h.whole[form] = key
			}
		}
	}
	slices.SortFunc(h.patterns, func(a, b pattern) int {
		if a.own != b.own {
			return b.own - a.own
		}
		return strings.Compare(a.key, b.key)
	})
	return h
}

func newPattern(key, form string) pattern {
	p := pattern{key: key}
	var b strings.Builder
	b.WriteString("(?s)^")
	at := 0
	for _, m := range append(placeholder.FindAllStringIndex(form, -1), []int{len(form), len(form)}) {
		words := form[at:m[0]]
		p.own += len(words)
		if len(words) > len(p.piece) {
			p.piece = words
		}
		b.WriteString(regexp.QuoteMeta(words))
		if at = m[1]; m[0] == m[1] {
			break
		}
		name := form[m[0]+1 : m[1]-1]
		p.names = append(p.names, name)
		p.quoted = append(p.quoted, strings.HasSuffix(words, `"`) || strings.HasPrefix(name, data))
		switch {
		case counting.MatchString(name):
			b.WriteString(`(\d+)`)
		case strings.HasSuffix(words, `"`):
			b.WriteString(`(.*?)`) // a value may be empty
		case strings.HasPrefix(name, data) && name != data:
			b.WriteString(`([^;]+?)`) // who or what one part of a sentence names
		default:
			b.WriteString(`(.+?)`)
		}
	}
	b.WriteString("$")
	p.matcher = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(b.String()) })
	return p
}

// find visits the texts that an English one may be, those with the most words of their own
// first, with their parameters, until it is told to stop.
func (h *heard) find(english string, visit func(key string, found []parameter) (more bool)) {
	if key, ok := h.whole[english]; ok && !visit(key, nil) {
		return
	}
	for _, p := range h.patterns {
		if !strings.Contains(english, p.piece) {
			continue
		}
		m := p.matcher().FindStringSubmatch(english)
		if m == nil {
			continue
		}
		if p.own < telling && slices.ContainsFunc(m[1:], composed) {
			continue
		}
		found := make([]parameter, len(p.names))
		for i, name := range p.names {
			found[i] = parameter{name, m[i+1], p.quoted[i] && name != word}
		}
		if !visit(p.key, found) {
			return
		}
	}
}

// telling is how many characters of its own a text needs for its parameters to hold texts that are
// put together: "{a} at {b}" is found in nearly everything.
const telling = 10

// composed reports whether a value is of several texts.
func composed(value string) bool {
	return slices.ContainsFunc(separators, func(s string) bool { return strings.Contains(value, s) })
}

// parameter is what a text names. It is quoted where it stands between quotes: then it is what
// a file, a server or a person wrote.
type parameter struct {
	name, value string
	quoted      bool
}

// Said returns in the reader's language what the program said in English. Of what is put
// together of several texts each is told; what has no text stays as it was said.
func (p Printer) Said(english string) string {
	told, _ := p.Tell(english)
	return told
}

// Limit names what a limit bounds, by its key, which may end with a dot and a column; empty
// for one of another version of the program.
func (p Printer) Limit(name string) string {
	kind, _, _ := strings.Cut(name, ".")
	if _, ok := p.texts()["limit."+kind]; !ok {
		return ""
	}
	return p.Text("limit." + kind)
}

// tallies are counts of codes, which are the same in every language: manager_left ×3, end_kept ×1.
var tallies = regexp.MustCompile(`^[a-z0-9_.]+ ×\d+(?:, [a-z0-9_.]+ ×\d+)*$`)

// Tell also reports whether all of it is in the reader's language.
func (p Printer) Tell(english string) (told string, whole bool) {
	switch {
	case english == "" || tallies.MatchString(english):
		return english, true
	case p.Language == English:
		return singular(p, english), true
	}
	if inner := strings.TrimSpace(english); inner != english {
		before, after, _ := strings.Cut(english, inner)
		told, whole := p.Tell(inner)
		return before + told + after, whole
	}
	partly := ""
	for _, way := range []func(string) (string, bool){p.one, p.lines, func(s string) (string, bool) { return remainder(p, s) }, p.parts, p.predicate} {
		told, whole := way(english)
		if whole {
			return told, true
		}
		partly = cmp.Or(partly, told)
	}
	if told := caused(p, english); told != "" {
		return told, false
	}
	if partly != "" {
		return partly, false
	}
	return p.after(english)
}

// singular has the form for one thing where the source, which has only that for several, counts one,
// also in a part of a text that is put together.
func singular(p Printer, english string) string {
	if !strings.Contains(english, "1 ") {
		return english
	}
	if told := counted(p, english); told != english {
		return told
	}
	for _, separator := range []string{"; ", ": ", ", "} {
		if left, right, ok := strings.Cut(english, separator); ok {
			return singular(p, left) + separator + singular(p, right)
		}
	}
	return english
}

// counted is singular for a text that is one of the catalogue.
func counted(p Printer, english string) string {
	texts, told := p.texts(), english
	p.heard().find(english, func(key string, found []parameter) bool {
		t := texts[key]
		if t.one == "" || !slices.Contains(found, parameter{name: "n", value: "1"}) {
			return true
		}
		values := make([]string, 0, 2*len(found))
		for _, f := range found {
			values = append(values, "{"+f.name+"}", f.value)
		}
		told = strings.NewReplacer(values...).Replace(t.one)
		return false
	})
	return told
}

// one tells a text that is one of the catalogue; the closest one where not all that it names
// can be told, and nothing for one that is unknown.
func (p Printer) one(english string) (told string, whole bool) {
	p.heard().find(english, func(key string, found []parameter) bool {
		pairs, all := make([]any, 0, 2*len(found)), true
		for _, f := range found {
			value, ok := p.parameter(f)
			pairs, all = append(pairs, f.name, value), all && ok
		}
		if all {
			told, whole = p.Text(key, pairs...), true
		} else if told == "" {
			told = p.Text(key, pairs...)
		}
		return !whole
	})
	return told, whole
}

// lines tells each line of several.
func (p Printer) lines(english string) (string, bool) {
	if !strings.Contains(english, "\n") {
		return "", false
	}
	lines, all := strings.Split(english, "\n"), true
	for i, line := range lines {
		var whole bool
		lines[i], whole = p.Tell(line)
		all = all && whole
	}
	return strings.Join(lines, "\n"), all
}

// separators stand between texts that are put together.
var separators = []string{": ", "; "}

// remainder tells the end of a text, as of one who is asked what was meant.
func remainder(p Printer, english string) (string, bool) {
	for _, separator := range append(separators, ", ") {
		if rest, ok := strings.CutPrefix(english, separator); ok {
			told, whole := p.Tell(rest)
			return p.separator(separator) + told, whole
		}
	}
	return "", false
}

// parts tells a text that is put together of two, of which the first is known.
func (p Printer) parts(english string) (partly string, whole bool) {
	for _, separator := range separators {
		for at := range cuts(english, separator) {
			left, ok := p.one(english[:at])
			if !ok {
				continue
			}
			right, whole := p.Tell(english[at+len(separator):])
			told := left + p.separator(separator) + right
			if whole {
				return told, true
			}
			partly = cmp.Or(partly, told)
		}
	}
	return partly, false
}

// caused tells what went wrong with a cause that no text knows a word of, as a library says it: that
// stands in brackets, as what it is. It is empty for every other text.
func caused(p Printer, english string) string {
	for at := range cuts(english, ": ") {
		left, ok := p.one(english[:at])
		cause := english[at+len(": "):]
		if !ok || strings.Count(cause, " ") < 2 || strings.HasPrefix(cause, "lucca-exchange ") {
			continue
		}
		if told, _ := p.Tell(cause); strings.ReplaceAll(told, "\u00a0", "") == cause {
			return left + " (" + cause + ")"
		}
	}
	return ""
}

// predicate tells what is wrong with something, such as a column, that the text begins with.
func (p Printer) predicate(english string) (string, bool) {
	for at := range cuts(english, " ") {
		about, rest := english[:at], english[at+1:]
		if strings.HasSuffix(about, ":") || strings.HasSuffix(about, ";") || !strings.Contains(rest, " ") {
			break // one word may be anybody's
		}
		if told, whole := p.one(rest); whole {
			return requoted(p, about) + " " + told, true
		}
	}
	return "", false
}

// between is what stands between straight quotes.
var between = regexp.MustCompile(`"([^"]*)"`)

// requoted has the quotes of the language around what a text begins with, such as a header.
func requoted(p Printer, about string) string {
	if p.Language == French {
		return between.ReplaceAllString(about, "«\u00a0$1\u00a0»")
	}
	return between.ReplaceAllString(about, "„$1“")
}

// after tells what is said of something that is no text of ours, such as a place.
func (p Printer) after(english string) (string, bool) {
	for _, separator := range separators {
		if left, right, ok := strings.Cut(english, separator); ok {
			told, whole := p.Tell(right)
			return left + p.separator(separator) + told, whole && !strings.Contains(left, " ")
		}
	}
	return english, !strings.Contains(strings.ReplaceAll(english, ", ", ","), " ") // one name, or a list of names
}

// cuts are the places of a separator in a text.
func cuts(text, separator string) func(func(int) bool) {
	return func(yield func(int) bool) {
		for from := 0; ; {
			i := strings.Index(text[from:], separator)
			if i < 0 || !yield(from+i) {
				return
			}
			from += i + len(separator)
		}
	}
}

func (p Printer) separator(s string) string {
	if p.Language == French && s != ", " {
		return "\u00a0" + s
	}
	return s
}

// parameter is what a text names: a number and a day as the language writes them, a further
// text in the language, and all else as it is. It also reports whether that is all of it.
func (p Printer) parameter(f parameter) (value any, whole bool) {
	if f.quoted {
		return f.value, true
	}
	if counting.MatchString(f.name) {
		if n, err := strconv.Atoi(f.value); err == nil {
			return n, true
		}
	}
	if day, err := time.ParseInLocation(time.DateOnly, f.value, p.zone); err == nil {
		return p.Date(day), true
	}
	if at, err := time.ParseInLocation("2006-01-02 15:04:05 MST", f.value, p.zone); err == nil {
		return p.Second(at), true
	}
	if at, err := time.ParseInLocation("2006-01-02 15:04", f.value, p.zone); err == nil {
		return p.Time(at), true
	}
	if f.name == word || strings.Contains(f.value, " ") {
		told, whole := p.Tell(f.value)
		return shares(p, told), whole
	}
	return shares(p, f.value), true
}

// share is one hundredth or more, as the program writes it.
var share = regexp.MustCompile(`\b\d+(\.\d+)?%`)

// shares writes the shares in a text with the language's signs.
func shares(p Printer, text string) string {
	return share.ReplaceAllStringFunc(text, func(s string) string { return Measure(p, s) })
}
