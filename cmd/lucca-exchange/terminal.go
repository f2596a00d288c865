package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"charm.land/lipgloss/v2/table"
	"github.com/schollz/progressbar/v3"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// shownFindings is how many findings of a kind a run prints; the rest is in runs show.
const shownFindings = 3

// shownCell is how many characters of a cell a preview shows.
const shownCell = 26

// outcome is the exit code of a run as an error.
func outcome(record state.Record) error {
	if record.Outcome == run.Canceled {
		return ended{exitInterrupted}
	}
	if code := record.Outcome.ExitCode(); code != exitDone {
		return ended{code}
	}
	return nil
}

func (s *session) json(v any) error { return encode(s.stdout, v) }

// encode writes one JSON document.
func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("print JSON: %w", err)
	}
	return nil
}

// line prints one labelled line of a run.
func (s *session) line(label, format string, args ...any) {
	fmt.Fprintf(s.stdout, "  %-9s %s\n", label, fmt.Sprintf(format, args...))
}

// result shows what a run did, or with rehearsed what it would do.
func (s *session) result(r app.Result, rehearsed bool) {
	if r.Run.Kind != run.Export {
		s.imported(r, rehearsed)
		return
	}
	s.summary(r.Run)
	switch {
	case r.Receipt != nil:
		s.line("sent to", "%s · %s%s", r.Receipt.Peer.Address, r.Receipt.Peer.Protocol, confirmation(r))
	case rehearsed:
		s.line("sent to", "nobody: this was a dry run, and nothing was recorded")
	}
	if r.Run.File != nil && !rehearsed {
		s.line("kept as", "%s", r.Path)
	}
	rest := "lucca-exchange runs show " + r.Run.ID
	if rehearsed {
		rest = "--json prints them all"
	}
	s.findings(r.Run, shownFindings, rest)
	if len(r.Preview) > 1 && r.Run.Outcome != run.Failed {
		fmt.Fprintln(s.stdout)
		s.table(r.Preview)
	}
	if r.Run.Outcome == run.Held && !rehearsed {
		s.hint("\nNothing was sent, and the partner keeps its old file. Look at the findings and at the file, then")
		s.hint("  lucca-exchange approve %s    sends exactly this file", r.Run.ID)
		s.hint("  lucca-exchange reject %s     drops it", r.Run.ID)
	}
}

// imported shows what an import did, or with rehearsed what it would do.
func (s *session) imported(r app.Result, rehearsed bool) {
	if r.Plan != nil && (rehearsed || r.Run.Outcome == run.Held) {
		s.diff(r)
		fmt.Fprintln(s.stdout)
	}
	s.summary(r.Run)
	rest := "lucca-exchange runs show " + r.Run.ID
	switch {
	case rehearsed:
		s.line("changed", "nothing: this was a dry run, and nothing was recorded")
		rest = "--json prints them all"
	case r.Receipt != nil:
		s.line("sent to", "%s as %s", r.Receipt.Peer.Address, r.Receipt.Name)
	}
	if r.Place != "" {
		s.line("put into", "%s", r.Place)
	}
	for _, report := range r.Reports {
		s.line("report", "%s", report)
	}
	s.findings(r.Run, shownFindings, rest)
	if r.Run.Outcome == run.Held && !rehearsed {
		s.hint("\nNothing was changed in Lucca. Look at the plan and at the findings, then")
		s.hint("  lucca-exchange approve %s    applies exactly this plan, within 7 days", r.Run.ID)
		s.hint("  lucca-exchange reject %s     drops it", r.Run.ID)
	}
}

func confirmation(r app.Result) string {
	switch {
	case r.Receipt.PickedUp:
		return "; the partner has picked it up already"
	case r.Receipt.Confirmed:
		return "; the server confirms its size"
	default:
		return ""
	}
}

// summary shows a run but for its findings.
func (s *session) summary(record state.Record) {
	state := string(record.Outcome)
	if state == "" {
		state = "running"
	}
	fmt.Fprintf(s.stdout, "%s: %s\n", record.Flow, state)
	if record.Reason != "" {
		s.line("because", "%s", record.Reason)
	}
	s.line("run", "%s, started %s%s", record.ID, record.StartedAt.Local().Format(time.DateTime), took(record))
	if record.File != nil {
		s.line("file", "%s, %s, sha256 %s", record.File.Name, size(record.File.Bytes), record.File.SHA256)
	}
	if record.Rows != nil {
		s.line("rows", "%s", rows(record))
	}
	if c := record.Changes; c != nil {
		s.line("changes", "%d created, %d updated, %d ended, %d rehired, %d unchanged, %d rejected", c.Create, c.Update, c.End, c.Rehire, c.Unchanged, c.Reject)
	}
	for _, l := range record.Limits {
		mark := ""
		if l.Held {
			mark = " HELD"
		}
		s.line("limit", "%s %s (bound %s)%s", l.Name, l.Value, l.Bound, mark)
	}
	if record.Requests != nil {
		s.line("requests", "%d to Lucca", record.Requests.Lucca)
	}
}

// rows says what became of the people that were read. Before a file is sent, none was.
func rows(record state.Record) string {
	if record.Kind != run.Export {
		return fmt.Sprintf("%d read, %d applied, %d rejected", record.Rows.Read, record.Rows.Sent, record.Rows.Rejected)
	}
	text := fmt.Sprintf("%d read, %d sent, %d rejected", record.Rows.Read, record.Rows.Sent, record.Rows.Rejected)
	if outside := record.Rows.Read - record.Rows.Sent - record.Rows.Rejected; record.Rows.Sent > 0 && outside > 0 {
		text += fmt.Sprintf(", %d not in the flow's population", outside)
	}
	return text
}

func took(record state.Record) string {
	if record.FinishedAt.IsZero() {
		return ""
	}
	return ", took " + record.FinishedAt.Sub(record.StartedAt).Round(time.Millisecond).String()
}

// size writes a number of bytes for a person.
func size(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	case n < 1000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1000)
	default:
		return fmt.Sprintf("%.1f MB", float64(n)/1000_000)
	}
}

// findings shows the findings by their code, the errors first and at most so many of
// each, and where the rest is.
func (s *session) findings(record state.Record, most int, where string) {
	if len(record.Findings) == 0 {
		return
	}
	s.line("findings", "%d errors, %d warnings", finding.Total(record.Findings, record.Omitted, finding.Error), finding.Total(record.Findings, record.Omitted, finding.Warning))
	hidden := 0
	for _, group := range grouped(record.Findings) {
		fmt.Fprintf(s.stdout, "    %s %s ×%d\n", group[0].Severity, group[0].Code, len(group))
		for _, f := range group[:min(most, len(group))] {
			fmt.Fprintf(s.stdout, "      %s\n", placed(f))
		}
		hidden += max(0, len(group)-most)
	}
	for _, o := range record.Omitted {
		fmt.Fprintf(s.stdout, "    and %d more %s %s, which are not listed\n", o.Count, o.Severity, o.Code)
	}
	if hidden > 0 {
		fmt.Fprintf(s.stdout, "    and %d more: %s\n", hidden, where)
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

// placed is a finding without what its group says.
func placed(f finding.Finding) string {
	switch {
	case f.Cell != "":
		return f.Cell + " " + f.Message
	case f.Column != "":
		return f.Column + " " + f.Message
	default:
		return f.Message
	}
}

// table shows the first rows of a file, turned on its side: a file has more columns than
// a terminal.
func (s *session) table(rows [][]string) {
	header := []string{"column"}
	for i := 1; i < len(rows); i++ {
		header = append(header, fmt.Sprintf("row %d", i+1))
	}
	var lines [][]string
	for column, name := range rows[0] {
		line := []string{finding.Letters(column) + " " + shorten(name)}
		for _, row := range rows[1:] {
			line = append(line, shorten(row[column]))
		}
		lines = append(lines, line)
	}
	s.grid(header, lines)
}

func shorten(cell string) string {
	cell = strings.Join(strings.Fields(cell), " ")
	if r := []rune(cell); len(r) > shownCell {
		return string(r[:shownCell-1]) + "…"
	}
	return cell
}

// grid prints a table with a border, in the colours that the terminal has.
func (s *session) grid(header []string, rows [][]string) {
	t := table.New().Headers(header...).Rows(rows...).Wrap(false).
		Border(lipgloss.NormalBorder()).StyleFunc(func(row, _ int) lipgloss.Style {
		style := lipgloss.NewStyle().Padding(0, 1)
		return style.Bold(row == table.HeaderRow && isTerminal(s.stdout))
	})
	fmt.Fprintln(s.stdout, t)
}

// history shows runs, one a line.
func (s *session) history(runs []state.Record) {
	if len(runs) == 0 {
		fmt.Fprintln(s.stdout, "no run yet")
		return
	}
	rows := make([][]string, len(runs))
	for i, r := range runs {
		state, sent := string(r.Outcome), ""
		if state == "" {
			state = "running"
		}
		if r.Rows != nil {
			sent = fmt.Sprintf("%d of %d", r.Rows.Sent, r.Rows.Read)
		}
		rows[i] = []string{r.ID, r.Flow, r.StartedAt.Local().Format(time.DateTime), state, sent, r.Reason}
	}
	s.grid([]string{"run", "flow", "started", "outcome", "rows", "because"}, rows)
}

// explanations shows why people are or are not in a file.
func (s *session) explanations(list []app.Explanation) {
	for i, e := range list {
		if i > 0 {
			fmt.Fprintln(s.stdout)
		}
		if e.Employee > 0 {
			fmt.Fprintf(s.stdout, "Lucca id %d: %s\n", e.Employee, e.Why)
		} else {
			fmt.Fprintln(s.stdout, e.Why)
		}
		s.line("run", "%s of %s: %s", e.Run, e.Flow, e.Outcome)
		for _, f := range e.Notes {
			s.line("finding", "%s", f)
		}
		if len(e.Set) > 0 {
			s.changes(e.Set)
		}
		if e.Decision != export.Sent && e.Decision != export.Rejected {
			continue
		}
		var rows [][]string
		for _, c := range e.Columns {
			value := ""
			if c.Value != nil {
				value = *c.Value
			}
			rows = append(rows, []string{c.Key, c.Header, string(c.Level), strings.Join(c.From, ", else "), value})
		}
		s.grid([]string{"column", "header", "level", "from", "value"}, rows)
		if e.Row > 0 && len(e.Columns) > 0 && e.Columns[0].Value == nil {
			fmt.Fprintln(s.stdout, "the file is no longer kept, so its values cannot be shown")
		}
	}
}

// changes shows what is set from what to what.
func (s *session) changes(set map[string]plan.DocumentChange) {
	var rows [][]string
	for _, field := range slices.Sorted(maps.Keys(set)) {
		rows = append(rows, []string{field, set[field].From, set[field].To})
	}
	s.grid([]string{"field", "from", "to"}, rows)
}

// rowOutcomes shows what became of each row.
func (s *session) rowOutcomes(outcomes []app.RowOutcome) {
	if len(outcomes) == 0 {
		return
	}
	rows := make([][]string, len(outcomes))
	for i, o := range outcomes {
		row, employee := "absent", ""
		if o.Row > 0 {
			row = strconv.Itoa(o.Row)
		}
		if o.EmployeeID > 0 {
			employee = strconv.Itoa(o.EmployeeID)
		}
		rows[i] = []string{row, o.Action, o.Step, employee, o.At.Local().Format(time.DateTime), o.Message}
	}
	s.grid([]string{"row", "action", "outcome", "Lucca id", "at", "because"}, rows)
}

// progress shows long steps on a terminal; nil where nobody watches.
func progress(w io.Writer) func(app.Progress) {
	if !isTerminal(w) {
		return nil
	}
	var bar *progressbar.ProgressBar
	step := ""
	return func(p app.Progress) {
		total := p.Total
		if total == 0 {
			total = -1
		}
		if bar == nil || p.Step != step {
			step = p.Step
			bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(step),
				progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
		}
		// A progress bar that cannot be drawn is no reason to stop.
		_ = bar.Set64(p.Done)
	}
}
