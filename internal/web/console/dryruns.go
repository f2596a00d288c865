package console

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/draft"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
)

// DryRuns rehearse flows. *draft.DryRuns has them.
type DryRuns interface {
	Begin(ctx context.Context, only string, by audit.Entry) (id string, err error)
	Get(ctx context.Context, id, who string) (draft.DryRun, error)
}

// dryRunPages are about runs that send and change nothing.
type dryRunPages struct{ *Console }

func (c dryRunPages) routes() map[string]handler {
	return map[string]handler{"POST /dry-run/{flow...}": c.form(c.begin), "GET /dry-runs/{id}": c.dryRun}
}

// begin has a flow rehearsed, for one employee where the form names one.
func (c dryRunPages) begin(w http.ResponseWriter, v visit) error {
	by, err := c.aboutFlow(v, audit.DryRun)
	if err != nil {
		return err
	}
	only := strings.TrimSpace(v.Request.PostFormValue("who"))
	if only == "" && v.Request.PostForm.Has("who") {
		return seeOther(w, v, flowPage(by.Flow), nil)
	}
	if only != "" {
		if !v.who.SeesValues(by.Flow) {
			return c.refuse(v, by, flowPage(by.Flow))
		}
		by.Note = "one person"
	}
	id, err := c.options.DryRuns.Begin(v.Request.Context(), only, by)
	if err != nil {
		return backTo(err, flowPage(by.Flow))
	}
	return seeOther(w, v, "/dry-runs/"+id, nil)
}

// dryRunData is what the page of a dry run shows.
type dryRunData struct {
	draft.DryRun
	// Values says whether people may be named, Runs whether the flow may be run.
	Values, Runs bool
	// Failed: nothing could be done, for the Reason.
	Failed     bool
	Reason     string
	Causes     []inspect.Cause
	Limits     []limitBar
	Difference *inspect.Difference
	Lines      []planLine
	More       int
}

func (c dryRunPages) dryRun(w http.ResponseWriter, v visit) error {
	one, err := c.options.DryRuns.Get(v.Request.Context(), v.Request.PathValue("id"), v.who.Who())
	if err != nil {
		return backTo(err, "/")
	}
	data := dryRunData{DryRun: one, Values: v.who.SeesValues(one.Flow), Runs: v.who.Operates(one.Flow)}
	p := page{name: "dryrun", title: v.printer.Text("dryrun.title", "flow", one.Flow), data: &data}
	if !data.Ended {
		p.again = checkAgain
		return c.pages.show(w, v, p)
	}
	data.fill()
	if data.Values {
		if err := c.reveal(v, one.Flow, "", "dry run"); err != nil {
			return err
		}
	}
	return c.pages.show(w, v, p)
}

// fill takes what was found.
func (d *dryRunData) fill() {
	r := d.Report.Run
	d.Causes, d.Limits, d.Difference = inspect.Causes(r.Findings, r.Omitted), limitBars(r.Limits), d.Report.Difference
	d.Failed, d.Reason = d.Fault != nil || r.Outcome == run.Failed, r.Reason
	if d.Fault != nil {
		d.Reason = strings.TrimPrefix(d.Fault.Error(), run.ErrUsage.Error()+": ")
	}
	if !d.Values {
		d.Report.Only, d.Report.Preview = nil, nil
	}
	if d.Report.Plan == nil {
		return
	}
	said := finding.ByRow(r.Findings)
	for n := range d.Report.Plan.Items {
		item := &d.Report.Plan.Items[n]
		line := planLine{Row: item.Row, Action: item.Action, EmployeeID: item.EmployeeID, Page: d.Values && item.EmployeeID > 0}
		line.Name, line.Login = called(item, n, d.Report.Names, d.Values)
		line.Cells, line.Findings = cellsOf(documentOf(item.Set), said[item.Row], d.Values)
		d.Lines = append(d.Lines, line)
	}
	if changes := r.Changes; changes != nil {
		d.More = max(changes.Create+changes.Update+changes.End+changes.Rehire+changes.Reject-len(d.Lines), 0)
	}
}

// called is who the item at a place of a plan is about, as nameOf tells it; names are those of all items,
// or none.
func called(item *plan.Item, at int, names []string, values bool) (name, login string) {
	line := inspect.PlanLine{}
	if line.Login = item.Login; at < len(names) {
		line.Of.Name = names[at]
	}
	return nameOf(line, values)
}

// documentOf is what an item sets, by code, as a plan's public form has it.
func documentOf(s plan.Set) map[string]plan.DocumentChange {
	set := make(map[string]plan.DocumentChange, s.Len())
	for code, change := range s.All() {
		set[code] = plan.DocumentChange{From: change.From, To: change.To}
	}
	return set
}

// inFile reports whether a person has a row, with something in it to show.
func inFile(e explain.Explanation) bool {
	return slices.ContainsFunc(e.Columns, func(c explain.Column) bool { return c.Value != nil && *c.Value != "" })
}
