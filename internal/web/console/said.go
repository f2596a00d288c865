package console

import (
	"cmp"
	"slices"
	"strings"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/message"
)

// said is a cause as its reader's language tells it.
type said struct {
	inspect.Cause
	// Text is the sentence, Originals what the flow said in English where that is another: the
	// numbers and names in it are for every reader.
	Text      string
	Originals []string
}

// causes tells causes in a language. Where the language has one sentence for several of a
// column, they are one cause.
func causes(p message.Printer) func([]inspect.Cause) []said {
	return func(all []inspect.Cause) []said {
		var told []said
		for _, c := range all {
			text, original := message.Days(p, p.Finding(c.Code, c.Message)), p.Original(c.Code, c.Message)
			i := slices.IndexFunc(told, func(s said) bool {
				return s.Severity == c.Severity && s.Code == c.Code && s.Column == c.Column && s.Text == text
			})
			if i < 0 {
				c.Rows = slices.Clone(c.Rows)
				told, i = append(told, said{Cause: c, Text: text}), len(told)
			} else {
				told[i].Count += c.Count
				told[i].Rows = append(told[i].Rows, c.Rows...)
				slices.Sort(told[i].Rows)
			}
			if original != "" {
				told[i].Originals = append(told[i].Originals, original)
			}
		}
		slices.SortStableFunc(told, func(a, b said) int {
			if a.Severity != b.Severity {
				return 0 // they came with the errors first
			}
			return b.Count - a.Count
		})
		return told
	}
}

// note is one finding in its reader's language.
type note struct{ Column, Text, Original string }

func noteOf(p message.Printer) func(finding.Finding) note {
	return func(f finding.Finding) note {
		n := note{Column: f.Column, Text: message.Days(p, p.Finding(f.Code, f.Message)), Original: p.Original(f.Code, f.Message)}
		if n.Original == "" {
			n.Column = "" // what the flow said names it
		}
		return n
	}
}

// shortOf names what was found by the first sentence of its code, for a list to choose from.
func shortOf(p message.Printer) func(code string) string {
	return func(code string) string {
		sentence, _, _ := strings.Cut(p.Finding(code, ""), ". ")
		return cmp.Or(strings.TrimSuffix(sentence, "."), code)
	}
}
