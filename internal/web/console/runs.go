package console

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// runsData is what the list of runs shows.
type runsData struct {
	Runs     []state.Record
	Flows    []string
	Outcomes []run.Outcome
	// Flow, Outcome and Days are what was asked for.
	Flow    string
	Outcome run.Outcome
	Days    int
	Cut     bool
}

// mostRuns is what one page lists.
const mostRuns = 200

func outcomes() []run.Outcome {
	return []run.Outcome{run.Held, run.Failed, run.Rejections, run.Done, run.Nothing, run.Canceled}
}

func (c *Console) runs(w http.ResponseWriter, v visit) error {
	q := v.URL.Query()
	data := runsData{Flow: q.Get("flow"), Outcome: run.Outcome(q.Get("outcome")), Outcomes: outcomes()}
	data.Days, _ = strconv.Atoi(q.Get("days")) // anything but a number is no bound
	i := c.options.Inspector()
	for name := range i.Config.Flows {
		data.Flows = append(data.Flows, name)
	}
	slices.Sort(data.Flows)
	all, err := i.Runs(v.Context(), data.Flow, 0)
	if errors.Is(err, run.ErrUsage) {
		return &fault{status: http.StatusNotFound, what: "fault.no_flow", back: "/runs"}
	}
	if err != nil {
		return err
	}
	for _, r := range all {
		if data.Outcome != "" && r.Outcome != data.Outcome || data.Days > 0 && time.Since(r.StartedAt) > time.Duration(data.Days)*24*time.Hour {
			continue
		}
		if data.Cut = len(data.Runs) == mostRuns; data.Cut {
			break
		}
		data.Runs = append(data.Runs, r)
	}
	return c.pages.show(w, v, page{name: "runs", title: v.printer.Text("runs.title"), data: data})
}

// cause is the findings of a run that have one repair.
type cause struct {
	Severity finding.Severity
	Code     string
	// Message is that of the first; Places are where they are, Total counts also those that
	// are not listed.
	Message string
	Places  []finding.Finding
	Total   int
}

// runData is what the page of a run shows.
type runData struct {
	Run     state.Record
	Limits  []limitBar
	Causes  []cause
	Rows    []inspect.RowOutcome
	Refused int
	HasPlan bool
	// Hash is that of the plan or file which would be approved.
	Hash    string
	Decides bool
	Acts    []audit.Line
}

// mostPlaces is how many places of one cause a page lists.
const mostPlaces = 50

func (c *Console) run(w http.ResponseWriter, v visit) error {
	record, err := c.find(v)
	if err != nil {
		return err
	}
	i := c.options.Inspector()
	data := runData{Run: record, Limits: limitBars(record.Limits), Causes: causesOf(record), Decides: v.who.Decides(record.Flow)}
	rows, err := i.RowOutcomes(v.Context(), record.ID)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if r.Step != "applied" {
			data.Rows = append(data.Rows, r)
		}
	}
	data.Refused = len(data.Rows)
	data.Rows = data.Rows[:min(len(data.Rows), mostRuns)]
	if record.File != nil {
		data.Hash = record.File.SHA256
	}
	kept, err := i.Store.Plan(v.Context(), record.ID)
	switch {
	case err == nil:
		data.HasPlan, data.Hash = true, kept.Hash
	case !errors.Is(err, state.ErrNotFound):
		return err
	}
	if data.Acts, err = c.options.Audit().Of(v.Context(), record.ID); err != nil {
		return err
	}
	return c.pages.show(w, v, page{name: "run", title: v.printer.Text("run.title", "flow", record.Flow), data: data})
}

// find is the run of a page's address.
func (c *Console) find(v visit) (state.Record, error) {
	record, err := c.options.Inspector().Run(v.Context(), v.PathValue("run"))
	if errors.Is(err, run.ErrUsage) {
		return state.Record{}, &fault{status: http.StatusNotFound, what: "fault.no_run", back: "/runs"}
	}
	return record, err
}

// causesOf groups findings by severity and code: errors first, then the most frequent.
func causesOf(r state.Record) []cause {
	var causes []cause
	at := make(map[string]int)
	group := func(s finding.Severity, code string) *cause {
		key := string(s) + " " + code
		n, seen := at[key]
		if !seen {
			n = len(causes)
			at[key] = n
			causes = append(causes, cause{Severity: s, Code: code})
		}
		return &causes[n]
	}
	for _, f := range r.Findings {
		g := group(f.Severity, f.Code)
		g.Total++
		g.Message = cmp.Or(g.Message, f.Message)
		if len(g.Places) < mostPlaces {
			g.Places = append(g.Places, f)
		}
	}
	for _, o := range r.Omitted {
		group(o.Severity, o.Code).Total += o.Count
	}
	slices.SortStableFunc(causes, func(a, b cause) int {
		if a.Severity != b.Severity {
			return cmp.Compare(rank(a.Severity), rank(b.Severity))
		}
		return b.Total - a.Total
	})
	return causes
}

func rank(s finding.Severity) int {
	if s == finding.Error {
		return 0
	}
	return 1
}

// decide approves or rejects a held run.
func (c *Console) decide(w http.ResponseWriter, v visit) error {
	v.Body = http.MaxBytesReader(w, v.Body, maxForm)
	record, err := c.find(v)
	if err != nil {
		return err
	}
	if !v.who.Decides(record.Flow) {
		return &fault{status: http.StatusForbidden, what: "fault.forbidden", do: "fault.ask_admin", back: "/runs/" + record.ID}
	}
	d := Decision{Run: record.ID, Hash: v.PostFormValue("hash"), Approve: v.PostFormValue("decision") == "approve", By: c.entry(v, audit.Reject)}
	if d.By.Note = v.PostFormValue("note"); d.Approve {
		d.By.Act = audit.Approve
	}
	d.By.Flow, d.By.Run, d.By.Hash = record.Flow, record.ID, d.Hash
	err = c.options.Decide(v.Context(), d)
	switch {
	case errors.Is(err, ErrOtherPlan):
		return &fault{status: http.StatusConflict, what: "fault.other_plan", do: "fault.look_again", back: "/runs/" + record.ID}
	case errors.Is(err, ErrDecided):
		return &fault{status: http.StatusConflict, what: "fault.decided", do: "fault.look_again", back: "/runs/" + record.ID}
	case err != nil:
		return err
	}
	http.Redirect(w, v.Request, "/runs/"+url.PathEscape(record.ID), http.StatusSeeOther)
	return nil
}
