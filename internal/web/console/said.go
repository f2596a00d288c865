package console

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/plan"
)

// said is a cause as its reader's language tells it.
type said struct {
	inspect.Cause
	// Text is the sentence, Originals what the flow said in English where that is another: the
	// numbers and names in it are for every reader.
	Text      string
	Originals []string
	// Plan is the page that lists those whom it is about; empty where there is none.
	Plan string
	// Names are the people by Lucca id, as far as they may be told; Values says whether their pages may be
	// seen.
	Names  map[int]string
	Values bool
}

// causes tells causes in a language. Where the language has one sentence for several of a
// column, they are one cause. Page is that of the plan; empty for none.
func causes(p message.Printer) func(all []inspect.Cause, page string, names map[int]string, values bool) []said {
	return func(all []inspect.Cause, page string, names map[int]string, values bool) []said {
		var told []said
		for _, c := range all {
			text, original := message.Days(p, choices.ReplaceAllString(p.Finding(c.Code, c.Message), "")), p.Original(c.Code, c.Message)
			i := slices.IndexFunc(told, func(s said) bool {
				return s.Severity == c.Severity && s.Code == c.Code && s.Column == c.Column && s.Text == text
			})
			if i < 0 {
				c.Rows, c.Employees = slices.Clone(c.Rows), slices.Clone(c.Employees)
				told, i = append(told, said{Cause: c, Text: text, Plan: among(page, c), Names: names, Values: values}), len(told)
			} else {
				told[i].Count += c.Count
				told[i].Rows = append(told[i].Rows, c.Rows...)
				slices.Sort(told[i].Rows)
				told[i].Employees = append(told[i].Employees, c.Employees...)
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

// among is the page of a plan with those whom a cause is about, under their managers where it is about
// these: one who left is one line, with everybody who has to have another.
func among(page string, c inspect.Cause) string {
	if page == "" || len(c.Rows) == 0 {
		return ""
	}
	q := url.Values{"code": {c.Code}}
	if c.Column == plan.Manager {
		q.Set("by", byManager)
	}
	return page + "?" + q.Encode()
}

// note is one finding in its reader's language.
type note struct{ Column, Text, Original string }

func noteOf(p message.Printer) func(finding.Finding) note {
	return func(f finding.Finding) note {
		n := note{Column: f.Column, Text: message.Days(p, choices.ReplaceAllString(p.Finding(f.Code, f.Message), "")), Original: p.Original(f.Code, f.Message)}
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
