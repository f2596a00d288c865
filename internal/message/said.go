package message

import (
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

// quoted marks the name of a parameter that stands between quotes: it is what a file, a server
// or a person wrote.
const quoted = "\""

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
		p.quoted = append(p.quoted, strings.HasSuffix(words, `"`))
		if counting.MatchString(name) {
			b.WriteString(`(\d+)`)
		} else {
			b.WriteString(`(.+?)`)
		}
	}
	b.WriteString("$")
	p.matcher = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(b.String()) })
	return p
}

// find returns the key of a text and its parameters, name and value in turn.
func (h *heard) find(english string) (key string, pairs []string, ok bool) {
	if key, ok := h.whole[english]; ok {
		return key, nil, true
	}
	for _, p := range h.patterns {
		if !strings.Contains(english, p.piece) {
			continue
		}
		m := p.matcher().FindStringSubmatch(english)
		if m == nil {
			continue
		}
		for i, name := range p.names {
			value := m[i+1]
			if p.quoted[i] && name != word {
				name += quoted
			}
			pairs = append(pairs, name, value)
		}
		return p.key, pairs, true
	}
	return "", nil, false
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
	if _, ok := p.texts["limit."+kind]; !ok {
		return ""
	}
	return p.Text("limit." + kind)
}

// Tell also reports whether all of it is in the reader's language.
func (p Printer) Tell(english string) (told string, whole bool) {
	if p.Language == English || english == "" {
		return english, true
	}
	if told, ok := p.one(english); ok {
		return told, true
	}
	if inner := strings.TrimSpace(english); inner != english {
		before, after, _ := strings.Cut(english, inner)
		told, whole := p.Tell(inner)
		return before + told + after, whole
	}
	for _, separator := range []string{": ", "; ", ", "} { // the end of a text, as of one who is asked what was meant
		if rest, ok := strings.CutPrefix(english, separator); ok {
			told, whole := p.Tell(rest)
			return p.separator(separator) + told, whole
		}
	}
	if strings.Contains(english, "\n") {
		return p.joined(strings.Split(english, "\n"), "\n")
	}
	for _, separator := range []string{": ", "; "} {
		for at := range cuts(english, separator) {
			left, ok := p.one(english[:at])
			if !ok {
				continue
			}
			right, whole := p.Tell(english[at+len(separator):])
			return left + p.separator(separator) + right, whole
		}
	}
	for at := range cuts(english, " ") { // what the text is about, such as a column, and what is wrong with it
		if strings.HasSuffix(english[:at], ":") || strings.HasSuffix(english[:at], ";") {
			break
		}
		if !strings.Contains(english[at+1:], " ") {
			break // one word may be anybody's
		}
		if told, ok := p.one(english[at+1:]); ok {
			return english[:at+1] + told, true
		}
	}
	for _, separator := range []string{": ", "; "} {
		if left, right, ok := strings.Cut(english, separator); ok {
			told, whole := p.Tell(right)
			return left + p.separator(separator) + told, whole && !strings.Contains(left, " ")
		}
	}
	return english, !strings.Contains(strings.TrimSpace(english), " ")
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

func (p Printer) joined(parts []string, separator string) (string, bool) {
	all := true
	for i, part := range parts {
		var whole bool
		indent := part[:len(part)-len(strings.TrimLeft(part, " "))]
		parts[i], whole = p.Tell(part[len(indent):])
		parts[i] = indent + parts[i]
		all = all && whole
	}
	return strings.Join(parts, separator), all
}

func (p Printer) separator(s string) string {
	if p.Language == French && s != ", " {
		return "\u00a0" + s
	}
	return s
}

// one tells a text that is one of the catalogue.
func (p Printer) one(english string) (string, bool) {
	key, found, ok := p.heard.find(english)
	if !ok {
		return "", false
	}
	pairs := make([]any, 0, len(found))
	for i := 0; i < len(found); i += 2 {
		name, isQuoted := strings.CutSuffix(found[i], quoted)
		value := any(found[i+1])
		if !isQuoted {
			value = p.parameter(name, found[i+1])
		}
		pairs = append(pairs, name, value)
	}
	return p.Text(key, pairs...), true
}

// parameter is what a text names: a number and a day as the language writes them, a further
// text in the language, and all else as it is.
func (p Printer) parameter(name, value string) any {
	if counting.MatchString(name) {
		if n, err := strconv.Atoi(value); err == nil {
			return n
		}
	}
	if day, err := time.ParseInLocation(time.DateOnly, value, p.zone); err == nil {
		return p.Date(day)
	}
	if name == word || strings.Contains(value, " ") {
		return p.Said(value)
	}
	return value
}
