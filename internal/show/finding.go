package show

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/state"
)

// shownFindings is how many findings of a kind a run prints; the rest is in runs show.
const shownFindings = 3

// findings shows the findings by their code, the errors first and at most so many of
// each, and where the rest is.
func findings(w Page, record state.Record, most int, where string) {
	if len(record.Findings) == 0 {
		return
	}
	w.line("findings", "%d errors, %d warnings", finding.Total(record.Findings, record.Omitted, finding.Error), finding.Total(record.Findings, record.Omitted, finding.Warning))
	hidden := 0
	for _, group := range grouped(record.Findings) {
		fmt.Fprintf(w, "    %s %s ×%d\n", w.said(string(group[0].Severity)), group[0].Code, len(group))
		for _, f := range group[:min(most, len(group))] {
			w.hang("      ", w.placed(f))
		}
		hidden += max(0, len(group)-most)
	}
	for _, o := range record.Omitted {
		fmt.Fprintln(w, w.said(fmt.Sprintf("    and %d more %s %s, which are not listed", o.Count, w.said(string(o.Severity)), o.Code)))
	}
	if hidden > 0 {
		fmt.Fprintln(w, w.said(fmt.Sprintf("    and %d more: %s", hidden, where)))
	}
}

// grouped gathers the findings of each severity and code, the errors first, otherwise in
// their order.
func grouped(findings []finding.Finding) [][]finding.Finding {
	type kind struct {
		severity finding.Severity
		code     string
	}
	var groups [][]finding.Finding
	at := make(map[kind]int)
	for _, severity := range []finding.Severity{finding.Error, finding.Warning} {
		for _, f := range findings {
			if f.Severity != severity {
				continue
			}
			k := kind{f.Severity, f.Code}
			i, known := at[k]
			if !known {
				i, at[k] = len(groups), len(groups)
				groups = append(groups, nil)
			}
			groups[i] = append(groups[i], f)
		}
	}
	return groups
}

// employee is how a finding names somebody.
var employee = regexp.MustCompile(`(?:Lucca id|id Lucca|Lucca-Id) (\d+)`)

// placed is a finding without what its group says, with the names that the page may show.
func (p Page) placed(f finding.Finding) string {
	text := p.message(f)
	if len(p.Names.Employees) > 0 {
		text = employee.ReplaceAllStringFunc(text, func(found string) string {
			id, err := strconv.Atoi(employee.FindStringSubmatch(found)[1])
			if name := p.Names.Employees[id]; err == nil && name != "" {
				return found + " (" + printable(name) + ")"
			}
			return found
		})
	}
	if name := p.Names.Rows[f.Row]; f.Row > 0 && name != "" {
		text = "(" + printable(name) + ") " + text
	}
	return strings.TrimSpace(cmp.Or(f.Cell, f.Column) + " " + text)
}

// message is the sentence of a finding in the reader's language.
func (p Page) message(f finding.Finding) string {
	if p.Words.Language == "" {
		return f.Message
	}
	return p.Words.Finding(f.Code, f.Message)
}

// finding writes a finding on one line.
func (p Page) finding(f finding.Finding) string {
	f.Message = p.message(f)
	f.Severity = finding.Severity(p.said(string(f.Severity)))
	return f.String()
}
