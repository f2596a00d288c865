package console

import (
	"fmt"
	"html/template"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/run"
)

// outcomeRejected is what a page calls a held run that somebody rejected, which the state keeps as
// one that was canceled.
const outcomeRejected run.Outcome = "rejected"

// outcomeOf is the outcome of a run as a page calls it.
func outcomeOf(o run.Outcome, reason string) run.Outcome {
	if o == run.Canceled && reason == string(outcomeRejected) {
		return outcomeRejected
	}
	return o
}

// told reports whether the reason of a run says more than its outcome does.
func told(o run.Outcome, reason string) bool {
	return reason != "" && outcomeOf(o, reason) != outcomeRejected
}

// words are what templates say of values, in the language of a printer.
func words(p message.Printer) template.FuncMap {
	return template.FuncMap{
		"said":     func(english string) string { return message.Days(p, p.Said(english)) },
		"field":    func(code string) string { return message.Field(p, code) },
		"shown":    func(value any) string { return message.Day(p, fmt.Sprint(value)) },
		"size":     func(bytes int64) string { return message.Size(p, bytes) },
		"measure":  func(english string) string { return message.Measure(p, english) },
		"ended":    outcomeOf,
		"told":     told,
		"causes":   causes(p),
		"note":     noteOf(p),
		"short":    shortOf(p),
		"list":     func(f ...finding.Finding) []finding.Finding { return f },
		"initials": initials,
	}
}
