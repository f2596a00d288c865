package console

import (
	"fmt"
	"html/template"
	"regexp"
	"time"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/step"
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
	return tellsMore(reason) && outcomeOf(o, reason) != outcomeRejected
}

// onlyCounts are reasons that say no more than the number of rejected rows, which pages have anyway.
var onlyCounts = regexp.MustCompile(`^\d+ rows?( of the file)? (was|were) rejected: see the findings$`)

func tellsMore(reason string) bool { return reason != "" && !onlyCounts.MatchString(reason) }

// command is a command that a sentence ends with: on a page there is a link instead.
var command = regexp.MustCompile(`[ \x{a0}]?: \p{L}+ (?:«[ \x{a0}]?)?lucca-exchange [a-z]+(?:[ \x{a0}]?»)?`)

// choices are the commands that decide, which a finding ends with: on a page there are buttons instead.
var choices = regexp.MustCompile(`[ \x{a0}]?; lucca-exchange [^;]+$`)

// change is how many people of a plan have something done with them, and the page that lists them;
// no page where none does.
type change struct {
	Action plan.Action
	N      int
	Page   string
}

// changesOf are the changes that there are, or that nothing changes.
func changesOf(c *run.Changes, page string) (changes []change) {
	for _, one := range []change{
		{plan.Create, c.Create, ""}, {plan.Update, c.Update, ""}, {plan.End, c.End, ""}, {plan.Rehire, c.Rehire, ""}, {plan.Reject, c.Reject, ""}, {plan.Unchanged, c.Unchanged, ""},
	} {
		if one.N == 0 && (one.Action != plan.Unchanged || len(changes) > 0) {
			continue
		}
		if page != "" && one.N > 0 {
			one.Page = page + "?action=" + string(one.Action)
		}
		changes = append(changes, one)
	}
	return changes
}

// planOf is the page of a run's plan; empty where it has none.
func planOf(d inspect.Detail) string {
	if d.Plan == nil {
		return ""
	}
	return runPage(d.ID) + "/plan"
}

// plain is a value as text, also one that may be missing.
func plain(value any) string {
	if text, ok := value.(*string); ok && text != nil {
		return *text
	}
	return fmt.Sprint(value)
}

// words are what templates say of values, in the language of a printer.
func words(p message.Printer) template.FuncMap {
	return template.FuncMap{
		"took": func(s run.Step) string {
			return p.Said(step.Name(s.Name).Words()) + " " + p.Duration(time.Duration(s.Seconds*float64(time.Second)))
		},
		"said":      func(english string) string { return message.Days(p, command.ReplaceAllString(p.Said(english), "")) },
		"field":     func(code string) string { return message.Field(p, code) },
		"shown":     func(value any) string { return message.Day(p, plain(value)) },
		"size":      func(bytes int64) string { return message.Size(p, bytes) },
		"measure":   func(english string) string { return message.Measure(p, english) },
		"schedule":  func(line string) string { return message.Schedule(p, line) },
		"remark":    remarkOf(p),
		"ended":     outcomeOf,
		"told":      told,
		"tellsMore": tellsMore,
		"changes":   changesOf,
		"planOf":    planOf,
		"causes":    causes(p),
		"note":      noteOf(p),
		"short":     shortOf(p),
		"list":      func(f ...finding.Finding) []finding.Finding { return f },
		"initials":  initials,
	}
}
