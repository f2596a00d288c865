package console

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/audit"
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
	all, err := i.Runs(v.Context(), state.Filter{Flow: data.Flow})
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

// runData is what the page of a run shows.
type runData struct {
	inspect.Detail
	Limits []limitBar
	// Hash is that of the plan or file which would be approved.
	Hash    string
	Decides bool
	// Unapplied are the rows that did not end well, of which Unlisted are left out.
	Unapplied []inspect.RowOutcome
	Unlisted  int
	// Difference is what is otherwise in the file than in the one before; nil where there is
	// nothing to compare.
	Difference *inspect.Difference
	// Values says whether people may be named.
	Values bool
}

func (c *Console) run(w http.ResponseWriter, v visit) error {
	i := c.options.Inspector()
	detail, err := i.Detail(v.Context(), v.PathValue("run"))
	if errors.Is(err, run.ErrUsage) {
		return &fault{status: http.StatusNotFound, what: "fault.no_run", back: "/runs"}
	}
	if err != nil {
		return err
	}
	data := runData{
		Detail: detail, Limits: limitBars(detail.Limits), Decides: v.who.Decides(detail.Flow) && detail.Overtaken == nil, Values: v.who.SeesValues(detail.Flow),
	}
	switch {
	case detail.Plan != nil:
		data.Hash = detail.Plan.Hash
	case detail.File != nil:
		data.Hash = detail.File.SHA256
	}
	for _, o := range detail.Outcomes {
		if o.Step == string(apply.Applied) {
			continue
		}
		if len(data.Unapplied) == mostRuns {
			data.Unlisted++
			continue
		}
		data.Unapplied = append(data.Unapplied, o)
	}
	if detail.Kind == run.Export {
		d, err := i.Diff(v.Context(), inspect.Files{Flow: detail.Flow, Run: detail.ID})
		switch {
		case err == nil:
			data.Difference = &d
		case !errors.Is(err, run.ErrUsage):
			return err
		}
	}
	return c.pages.show(w, v, page{name: "run", title: v.printer.Text("run.title", "flow", detail.Flow), data: data})
}

// find is the run of a page's address.
func (c *Console) find(v visit) (state.Record, error) {
	record, err := c.options.Inspector().Run(v.Context(), v.PathValue("run"))
	if errors.Is(err, run.ErrUsage) {
		return state.Record{}, &fault{status: http.StatusNotFound, what: "fault.no_run", back: "/runs"}
	}
	return record, err
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
	case errors.Is(err, ErrSecond):
		return &fault{status: http.StatusAccepted, what: "fault.second", do: "fault.second_do", back: "/runs/" + record.ID}
	case errors.Is(err, ErrDecided):
		return &fault{status: http.StatusConflict, what: "fault.decided", do: "fault.look_again", back: "/runs/" + record.ID}
	case err != nil:
		return err
	}
	http.Redirect(w, v.Request, "/runs/"+url.PathEscape(record.ID), http.StatusSeeOther)
	return nil
}
