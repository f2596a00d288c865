package userfile

import (
	"strings"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/message"
)

// Reasons say of each rejected row why it is.
type Reasons struct {
	words message.Printer
	texts map[int]string
	rest  []finding.Rest
}

// NewReasons takes the findings of severity error about rows: those that are listed, and what
// there was no room for, to be told in a language.
func NewReasons(words message.Printer, findings []finding.Finding, rest []finding.Rest) Reasons {
	r := Reasons{words: words, texts: make(map[int]string)}
	for _, f := range findings {
		if f.Severity == finding.Error && f.Row != 0 {
			r.texts[f.Row] = joined(r.texts[f.Row], r.reason(f.Column, words.Finding(f.Code, f.Message)))
		}
	}
	for _, one := range rest {
		if one.Severity == finding.Error && len(one.Rows) > 0 {
			one.Rows = one.Rows.Sorted()
			r.rest = append(r.rest, one)
		}
	}
	return r
}

// Any reports whether any row is rejected.
func (r Reasons) Any() bool { return len(r.texts)+len(r.rest) > 0 }

// Of returns the reasons of a row in one line, and whether it has any.
func (r Reasons) Of(row int) (text string, rejected bool) {
	text = r.texts[row]
	for _, one := range r.rest {
		if one.Rows.Has(row) {
			said := one.Message
			if said == "" {
				said = "has a fault like others in this file, " + one.Code
			}
			text = joined(text, r.reason(one.Column, r.words.Finding(one.Code, said)))
		}
	}
	return text, text != ""
}

func (r Reasons) reason(column, message string) string {
	if column == "" || strings.HasPrefix(message, column) {
		return message
	}
	return column + r.words.Colon() + message
}

func joined(texts, text string) string {
	if texts == "" {
		return text
	}
	return texts + "; " + text
}
