package dossier

import (
	"regexp"
	"slices"
	"strings"

	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/person"
)

// who tells one person in texts, by what they were ever called.
type who struct {
	// exact are logins, addresses and numbers, folded, each with what it is.
	exact map[string]string
	// names are full names, folded, with the one part first or the other.
	names map[string]bool
	// within finds any of them inside a text.
	within *regexp.Regexp
}

// shortest is how many characters a number or a login has that means somebody wherever it stands: a
// shorter one may be anything else.
const shortest = 4

func newWho(called []explain.Names) who {
	w := who{exact: make(map[string]string), names: make(map[string]bool)}
	var words []string
	add := func(kind, key, text string) {
		if key == "" {
			return
		}
		w.exact[key] = kind
		if len(text) >= shortest || kind == "mail" {
			words = append(words, text)
		}
	}
	for _, n := range called {
		add("login", person.LoginKey(n.Login), n.Login)
		add("mail", person.AddressKey(n.Mail), n.Mail)
		add("number", strings.ToLower(n.Number), n.Number)
		parts := strings.Fields(n.Name)
		for at := 1; at < len(parts); at++ {
			for _, name := range []string{strings.Join(parts, " "), strings.Join(slices.Concat(parts[at:], parts[:at]), " ")} {
				w.names[person.Fold(name)] = true
				words = append(words, name)
			}
		}
	}
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) }) // an address before its login
	if words = slices.Compact(words); len(words) > 0 {
		for n := range words {
			words[n] = regexp.QuoteMeta(words[n])
		}
		w.within = regexp.MustCompile(`(?i)(^|[^\p{L}\p{N}])(?:` + strings.Join(words, "|") + `)($|[^\p{L}\p{N}])`)
	}
	return w
}

// cell is what of the person a cell names: login, mail, number or name; empty for nothing.
func (w who) cell(text string) string {
	text = strings.TrimPrefix(strings.TrimSpace(text), "'") // an apostrophe before a formula
	if kind := w.exact[person.LoginKey(text)]; kind != "" {
		return kind
	}
	if w.names[person.Fold(text)] {
		return "name"
	}
	return ""
}

// row is in how many ways a row names the person: by login, mail, number and name.
func (w who) row(cells []string) int {
	kinds := make(map[string]bool)
	folded := make([]string, len(cells))
	for i, cell := range cells {
		folded[i] = person.Fold(cell)
		if kind := w.cell(cell); kind != "" {
			kinds[kind] = true
		}
	}
	for name := range w.names {
		for i, part := range folded {
			rest, begins := strings.CutPrefix(name, part+" ")
			if part != "" && begins && slices.Contains(folded[:i], rest) || part != "" && begins && slices.Contains(folded[i+1:], rest) {
				kinds["name"] = true
			}
		}
	}
	return len(kinds)
}

// theirs reports whether a row is the person's own, where it is not known which one is: it names
// them in at least three ways, where a row of somebody whose manager they are has one or two.
func (w who) theirs(cells []string) bool { return w.row(cells) >= ownWays }

const ownWays = 3

// in reports whether a text names the person.
func (w who) in(text string) bool {
	if kind := w.cell(text); kind != "" {
		return kind != "number" || len(strings.TrimSpace(text)) >= shortest
	}
	return w.within != nil && w.within.MatchString(text)
}
