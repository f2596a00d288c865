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
	w.line("findings", "%s, %s",
		w.said(fmt.Sprintf("%d errors", finding.Total(record.Findings, record.Omitted, finding.Error))),
		w.said(fmt.Sprintf("%d warnings", finding.Total(record.Findings, record.Omitted, finding.Warning))))
	hidden := 0
	for _, group := range grouped(record.Findings) {
		fmt.Fprintf(w, "    %s %s ×%d\n", w.said(string(group[0].Severity)), group[0].Code, len(group))
		hidden += len(group) - told(w, group, most)
	}
	for _, o := range record.Omitted {
		fmt.Fprintln(w, w.said(fmt.Sprintf("    and %d more %s %s, which are not listed", o.Count, w.said(string(o.Severity)), o.Code)))
	}
	if hidden > 0 {
		w.hang("    ", w.said(fmt.Sprintf("and %d more: %s", hidden, where)))
	}
}

// told shows the findings of one code and says how many it showed: for a reader each
// sentence once, with its places, and for a program one finding a line.
func told(w Page, group []finding.Finding, most int) int {
	if w.Width == 0 {
		group = group[:min(most, len(group))]
		for _, f := range group {
			w.hang("      ", w.placed(f))
		}
		return len(group)
	}
	shown := 0
	causes := causesOf(w, group)
	for _, c := range causes[:min(most, len(causes))] {
		if len(c.findings) == 1 {
			w.hang("      ", w.placed(c.findings[0]))
			shown++
			continue
		}
		said := c.findings[:min(placesOf*most, len(c.findings))]
		w.hang("      ", c.sentence)
		w.hang("        ", places(w, said))
		shown += len(said)
	}
	return shown
}

// placesOf is how many places are shown for each finding that would be without a common sentence.
const placesOf = 3

// cause is a sentence and the findings that say it.
type cause struct {
	sentence string
	findings []finding.Finding
}

// causesOf gathers the findings that say the same, in the order of the first of each.
func causesOf(p Page, group []finding.Finding) []cause {
	var causes []cause
	at := make(map[string]int)
	for _, f := range group {
		_, sentence := p.about(f)
		i, known := at[sentence]
		if !known {
			i, at[sentence] = len(causes), len(causes)
			causes = append(causes, cause{sentence: sentence})
		}
		causes[i].findings = append(causes[i].findings, f)
	}
	return causes
}

// places lists whom findings are about with the cells of each, in the order of the first.
func places(p Page, findings []finding.Finding) string {
	var places []string
	at := make(map[string]int)
	for _, f := range findings {
		who, _ := p.about(f)
		cell := cmp.Or(f.Cell, f.Column)
		i, known := at[who]
		if known && who != "" {
			places[i] += " " + cell
			continue
		}
		at[who] = len(places)
		if who != "" && cell != "" {
			who += ":"
		}
		places = append(places, strings.TrimSpace(who+" "+cell))
	}
	return strings.Join(places, "; ")
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

// employee is how a finding names somebody, in each language, and subject a sentence that
// begins with whom it is about.
var (
	employee = regexp.MustCompile(`(?:Lucca id|id(?:entifiant)? Lucca|Lucca-Id) (\d+)`)
	subject  = regexp.MustCompile(`^((?:Lucca id|identifiant Lucca|Lucca-Id) \d+(?: \(.*?\))?)[ \x{a0}\x{202f}]?: (.+)$`)
)

// placed is a finding without what its group says, with the names that the page may show.
func (p Page) placed(f finding.Finding) string {
	return strings.TrimSpace(cmp.Or(f.Cell, f.Column) + " " + p.named(f))
}

// about is whom a finding is about, as far as it says, and what it says of them.
func (p Page) about(f finding.Finding) (who, sentence string) {
	who = p.row(f)
	sentence = strings.TrimPrefix(p.named(f), who+" ")
	if parts := subject.FindStringSubmatch(sentence); parts != nil {
		return strings.TrimSpace(who + " " + parts[1]), parts[2]
	}
	return who, sentence
}

// named is the sentence of a finding with the names that the page may show.
func (p Page) named(f finding.Finding) string {
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
	if name := p.row(f); name != "" {
		text = name + " " + text
	}
	return text
}

// row is the name of whom the row of a finding is about, in brackets; empty where nobody is known.
func (p Page) row(f finding.Finding) string {
	if name := p.Names.Rows[f.Row]; f.Row > 0 && name != "" {
		return "(" + printable(name) + ")"
	}
	return ""
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
