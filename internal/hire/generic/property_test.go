package generic

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"pgregory.net/rapid"

	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/person"
	"lucca-exchange/internal/tabular"
)

// candidate is a row as its author means it.
type candidate struct{ id, last, first, mail, phone, start string }

func (c candidate) row() string {
	return strings.Join([]string{c.id, c.last, c.first, c.mail, c.phone, c.start}, ";") + "\r\n"
}

// spoil are the kinds of damage to a file of hires.
func spoil() map[string]func(t *rapid.T, text string) string {
	encoded := func(m *charmap.Charmap) func(*rapid.T, string) string {
		return func(_ *rapid.T, text string) string {
			if out, err := m.NewEncoder().String(text); err == nil {
				return out
			}
			return text
		}
	}
	return map[string]func(*rapid.T, string) string{
		"none":    func(_ *rapid.T, text string) string { return text },
		"windows": encoded(charmap.Windows1252), "DOS": encoded(charmap.CodePage850), "Mac": encoded(charmap.Macintosh),
		"twice": func(_ *rapid.T, text string) string {
			out, err := charmap.Windows1252.NewDecoder().String(text)
			if err != nil {
				return text
			}
			return out
		},
		"marks": func(_ *rapid.T, text string) string {
			return strings.Map(func(r rune) rune {
				if r > 0x7F {
					return '?'
				}
				return r
			}, text)
		},
		"cut": func(t *rapid.T, text string) string { return text[:rapid.IntRange(60, len(text)).Draw(t, "at")] },
		"a cell lost": func(t *rapid.T, text string) string {
			lines := strings.SplitAfter(text, "\r\n")
			i := rapid.IntRange(1, len(lines)-2).Draw(t, "row")
			lines[i] = strings.Replace(lines[i], ";", "", 1)
			return strings.Join(lines, "")
		},
		"joined": func(_ *rapid.T, text string) string {
			return text + "externalId;firstName;lastName;mail;phone;startDate\r\n" + text
		},
		"hidden signs": func(t *rapid.T, text string) string {
			return strings.ReplaceAll(text, "@", rapid.SampledFrom([]string{"@\u200b", "@\u00a0", "\t@"}).Draw(t, "sign"))
		},
	}
}

// TestNoHireDiffersFromWhatAPersonReads damages files of hires in the known ways: whoever is taken
// over is what the author meant, or nobody is.
func TestNoHireDiffersFromWhatAPersonReads(t *testing.T) {
	t.Parallel()
	hires := reader(t)
	rapid.Check(t, func(t *rapid.T) {
		var meant []candidate
		text := "externalId;lastName;firstName;personalEmail;phone;dtContractStart\r\n"
		for i := range rapid.IntRange(2, 5).Draw(t, "count") {
			c := candidate{
				id: fmt.Sprintf("c-%d", i), last: rapid.SampledFrom([]string{"Lefèvre", "Noël", "Müller", "Sánchez", "Dupont", "Weiß", "García"}).Draw(t, "last"),
				first: rapid.SampledFrom([]string{"Hélène", "Zoé", "Paul", "Jérôme", "Anaïs"}).Draw(t, "first"), mail: fmt.Sprintf("c%d@mail.example", i),
				phone: fmt.Sprintf("+336%08d", rapid.IntRange(10_000_000, 99_999_999).Draw(t, "phone")),
				start: fmt.Sprintf("%02d/%02d/2027", rapid.IntRange(1, 28).Draw(t, "day"), rapid.IntRange(1, 12).Draw(t, "month")),
			}
			meant = append(meant, c)
			text += c.row()
		}
		kinds := spoil()
		names := make([]string, 0, len(kinds))
		for name := range kinds {
			names = append(names, name)
		}
		slices.Sort(names)
		kind := rapid.SampledFrom(names).Draw(t, "damage")
		text = kinds[kind](t, text)
		file, err := hires.File(strings.NewReader(text), tabular.Format{}, arrival)
		if err != nil {
			return
		}
		for _, e := range file.Events {
			i := slices.IndexFunc(meant, func(c candidate) bool { return c.id == e.ExternalID })
			if i < 0 {
				t.Fatalf("%s: somebody else comes: %+v of\n%q", kind, e, text)
			}
			if !person.IsAddress(e.PersonalMail) || strings.Contains(e.FirstName+e.LastName, "?") {
				continue // the plan rejects such an address, and such a name
			}
			if got := taken(e); got != meant[i].row() {
				t.Fatalf("%s: %q, meant %q, in\n%q", kind, got, meant[i].row(), text)
			}
		}
	})
}

func taken(e hire.Event) string {
	d := e.ContractStart
	return candidate{e.ExternalID, e.LastName, e.FirstName, e.PersonalMail, e.Phone, fmt.Sprintf("%02d/%02d/%d", d.Day, d.Month, d.Year)}.row()
}
