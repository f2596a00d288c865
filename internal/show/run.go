package show

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/step"
)

// Ran is what a run did, or when it is rehearsed what it would do.
type Ran struct {
	flow.Report
	Rehearsed bool
	// Link is the address of the console's page about it; empty where there is none.
	Link string
}

// MarshalJSON gives the record of the run, with the employee who was asked for.
func (r Ran) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		state.Record
		Link      string                `json:"page,omitempty"`
		Employees []explain.Explanation `json:"employees,omitempty"`
	}{r.Run, r.Link, r.Only})
}

// Run shows what a run did, or only what it says of the employee who was asked for.
func Run(w Page, r Ran) {
	switch {
	case r.Only != nil:
		Explanations(w, r.Only)
	case r.Run.Kind == run.Export:
		exported(w, r.Report, r.Rehearsed)
	default:
		imported(w, r.Report, r.Rehearsed)
	}
	if r.Only == nil {
		browser(w, r.Link)
	}
}

// browser says where to see the same in a browser.
func browser(w Page, link string) {
	if link != "" {
		Say(w, "\nIn a browser: %s", link)
	}
}

// exported shows what an export did, or with rehearsed what it would do.
func exported(w Page, r flow.Report, rehearsed bool) {
	Summary(w, r.Run)
	switch {
	case r.Receipt != nil && r.Run.File != nil && len(r.Run.File.Parts) > 0:
		w.line("sent to", "%s · %s", r.Receipt.Peer.Address, r.Receipt.Peer.Protocol)
	case r.Receipt != nil:
		w.line("sent to", "%s · %s%s", r.Receipt.Peer.Address, r.Receipt.Peer.Protocol, confirmation(r))
	case rehearsed:
		w.line("sent to", "nobody: this was a dry run, and nothing was recorded")
	}
	if r.Run.File != nil && !rehearsed {
		w.line("kept as", "%s", r.Path)
	}
	rest := "lucca-exchange runs show " + r.Run.ID
	if rehearsed {
		rest = "--json prints them all"
	}
	findings(w, r.Run, shownFindings, rest)
	if len(r.Preview) > 1 && r.Run.Outcome != run.Failed {
		fmt.Fprintln(w)
		preview(w, r.Preview)
	}
	if r.Run.Outcome == run.Held && !rehearsed {
		fmt.Fprintln(w)
		w.hang("", w.said("Nothing was sent, and the partner keeps its old file. Look at the findings and at the file, then"))
		Say(w, "  lucca-exchange approve %s    sends exactly this file", r.Run.ID)
		Say(w, "  lucca-exchange reject %s     drops it", r.Run.ID)
	}
}

// imported shows what an import did, or with rehearsed what it would do.
func imported(w Page, r flow.Report, rehearsed bool) {
	if r.Plan != nil && (rehearsed || r.Run.Outcome == run.Held) {
		Changes(w, r)
		fmt.Fprintln(w)
	}
	Summary(w, r.Run)
	rest := "lucca-exchange runs show " + r.Run.ID
	switch {
	case rehearsed:
		w.line("changed", "nothing: this was a dry run, and nothing was recorded")
		rest = "--json prints them all"
	case r.Receipt != nil:
		w.line("sent to", "%s as %s", r.Receipt.Peer.Address, r.Receipt.Name)
	}
	if r.Place != "" {
		w.line("put into", "%s", r.Place)
	}
	for _, report := range r.Reports {
		w.line("report", "%s", report)
	}
	findings(w, r.Run, shownFindings, rest)
	if r.Run.Outcome == run.Held && !rehearsed {
		Say(w, "\nNothing was changed in Lucca. Look at the plan and at the findings, then")
		Say(w, "  lucca-exchange approve %s    applies exactly this plan, within 7 days", r.Run.ID)
		Say(w, "  lucca-exchange reject %s     drops it", r.Run.ID)
	}
}

func confirmation(r flow.Report) string {
	switch {
	case r.Receipt.PickedUp:
		return "; the partner has picked it up already"
	case r.Receipt.Confirmed:
		return "; the server confirms its size"
	default:
		return ""
	}
}

// because says why a run ended as it did; each of several causes that hold it on lines of its own.
func because(w Page, record state.Record) {
	causes := []string{record.Reason}
	if record.Outcome == run.Held {
		causes = strings.Split(record.Reason, "; \"") // a column begins each
	}
	for i, cause := range causes {
		switch {
		case cause == "":
		case i == 0:
			w.line("because", "%s", cause)
		default:
			w.line("", "\"%s", cause)
		}
	}
}

// Summary shows a run but for its findings.
func Summary(w Page, record state.Record) {
	fmt.Fprintln(w, record.Flow+colon(w)+endedAs(w, record))
	because(w, record)
	w.line("run", "%s, started %s%s", record.ID, w.second(record.StartedAt), took(w, record))
	if record.File != nil {
		w.line("file", "%s, %s", record.File.Name, size(w, record.File.Bytes))
		w.line("sha256", "%s", record.File.SHA256)
		for _, p := range record.File.Parts {
			w.line("part", "%s: %s, %d rows, %s", p.Establishment, p.Name, p.Rows, size(w, p.Bytes))
		}
		if d := record.File.Descriptor; d != nil {
			w.line("descriptor", "%s, %s", d.Name, size(w, d.Bytes))
		}
	}
	if record.Rows != nil {
		w.line("rows", "%s", rows(record))
	}
	if p := record.People; p != nil {
		w.line("people", "+%d joined, -%d left, ~%d changed", p.Joined, p.Left, p.Changed)
	}
	if c := record.Changes; c != nil {
		w.line("changes", "%d created, %d updated, %d ended, %d rehired, %d unchanged, %d rejected", c.Create, c.Update, c.End, c.Rehire, c.Unchanged, c.Reject)
	}
	for _, l := range record.Limits {
		mark := ""
		if l.Held {
			mark = " " + w.said("HELD")
		}
		w.line("limit", "%s", w.limit(l)+mark)
	}
	if record.Requests != nil {
		w.line("requests", "%d to Lucca", record.Requests.Lucca)
	}
}

// endedAs is how a run ended: in another language than English one that somebody rejected is called so,
// which the state keeps as canceled.
func endedAs(w Page, record state.Record) string {
	if foreign(w) && record.Outcome == run.Canceled && record.Reason == "rejected" {
		return w.said(record.Reason)
	}
	return w.ended(record.Outcome)
}

// limit is a limit in a line, with what it bounds in the reader's language.
func (p Page) limit(l run.Limit) string {
	if p.Words.Language == "" || p.Words.Language == message.English {
		return fmt.Sprintf("%s %s (bound %s)", l.Name, l.Value, l.Bound)
	}
	return fmt.Sprintf("%s (%s): %s (%s)", p.Words.Limit(l.Name), l.Name, message.Measure(p.Words, l.Value), p.Words.Text("run.bounded", "bound", message.Measure(p.Words, l.Bound)))
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

// preview shows the first rows of a file, turned on its side: a file has more columns than
// a terminal.
func preview(w Page, rows [][]string) {
	header := []string{"column"}
	for i := 1; i < len(rows); i++ {
		header = append(header, w.said("row")+" "+strconv.Itoa(i+1))
	}
	var lines [][]string
	for column, name := range rows[0] {
		line := []string{finding.Letters(column) + " " + shorten(name)}
		for _, row := range rows[1:] {
			line = append(line, shorten(row[column]))
		}
		lines = append(lines, line)
	}
	w.grid(header, lines)
}

// Tried shows what became of a schema that was tried: three people, and the first lines of the
// file.
func Tried(w Page, r flow.Report, lines []string) {
	if len(r.Preview) > 1 {
		preview(w, r.Preview)
	}
	if len(lines) > 0 {
		Say(w, "\nThe first lines of the file:")
		for _, l := range lines {
			Say(w, "  %s", strings.TrimSuffix(l, "\r"))
		}
	}
	if r.Run.Rows != nil {
		Say(w, "\n%d people of an invented company: %d rows, %d rejected.", r.Run.Rows.Read, r.Run.Rows.Sent, r.Run.Rows.Rejected)
	}
	if r.Run.Outcome == run.Failed || r.Run.Outcome == run.Held {
		Say(w, "\nNo file: %s", r.Run.Reason)
	}
	findings(w, r.Run, shownFindings, "a flow with this profile shows those of your own people: lucca-exchange run FLOW --dry-run")
}

// History is one run of the history with what became of each row.
type History struct {
	state.Record
	Outcomes []inspect.RowOutcome `json:"row_outcomes,omitempty"`
	// Link is the address of the console's page about it; empty where there is none.
	Link string `json:"page,omitempty"`
}

// OneRun shows one run with all its findings and what became of each row.
func OneRun(w Page, h History) {
	Summary(w, h.Record)
	if len(h.Durations) > 0 {
		w.hang(fmt.Sprintf("  %-9s ", w.said("steps")), steps(w, h.Durations))
	}
	findings(w, h.Record, len(h.Findings), "")
	rowOutcomes(w, h.Outcomes)
	browser(w, h.Link)
}

// steps says what a run did, and for how long.
func steps(w Page, list []run.Step) string {
	texts := make([]string, len(list))
	for i, s := range list {
		texts[i] = w.said(step.Name(s.Name).Words()) + " " + seconds(w, s.Seconds)
	}
	return strings.Join(texts, ", ")
}

// seconds is a length of time as it is written for a step: what is below a tenth of a second is none.
func seconds(p Page, s float64) string {
	switch {
	case foreign(p):
		return p.Words.Duration(time.Duration(s * float64(time.Second)))
	case s < 60:
		return fmt.Sprintf("%.1f s", s)
	}
	return time.Duration(s * float64(time.Second)).Round(time.Second).String()
}

// Runs shows runs, one a line.
func Runs(w Page, runs []state.Record) {
	if len(runs) == 0 {
		fmt.Fprintln(w, w.said("no run yet"))
		return
	}
	rows := make([]row, len(runs))
	for i, r := range runs {
		sent := ""
		if r.Rows != nil {
			sent = fmt.Sprintf("%d of %d", r.Rows.Sent, r.Rows.Read)
		}
		rows[i] = row{[]string{r.ID, r.Flow, w.minute(r.StartedAt), endedAs(w, r), sent}, r.Reason}
	}
	w.table(table{header: []string{"run", "flow", "started", "outcome", "rows"}, noted: "because", flexible: []int{1, 3, 4}, words: []int{4}, rows: rows, times: true})
}

// rowOutcomes shows what became of each row.
func rowOutcomes(w Page, outcomes []inspect.RowOutcome) {
	if len(outcomes) == 0 {
		return
	}
	rows := make([]row, len(outcomes))
	for i, o := range outcomes {
		place, employee := "absent", ""
		if o.Row > 0 {
			place = strconv.Itoa(o.Row)
		}
		if o.EmployeeID > 0 {
			employee = strconv.Itoa(o.EmployeeID)
		}
		rows[i] = row{[]string{place, o.Action, o.Step, employee, w.minute(o.At)}, o.Message}
	}
	w.table(table{header: []string{"row", "action", "outcome", "Lucca id", "at"}, noted: "because", flexible: []int{1, 2}, words: []int{0, 1, 2}, rows: rows, times: true})
}
