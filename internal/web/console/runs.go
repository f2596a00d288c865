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

func (c runPages) runs(w http.ResponseWriter, v visit) error {
	q := v.Request.URL.Query()
	data := runsData{Flow: q.Get("flow"), Outcome: run.Outcome(q.Get("outcome")), Outcomes: outcomes()}
	data.Days, _ = strconv.Atoi(q.Get("days")) // anything but a number is no bound
	i := c.options.Inspector()
	for name := range i.Config.Flows {
		data.Flows = append(data.Flows, name)
	}
	slices.Sort(data.Flows)
	which := state.Filter{Flow: data.Flow, Outcome: data.Outcome, Limit: mostRuns + 1}
	if data.Days > 0 {
		which.Since = time.Now().Add(-time.Duration(data.Days) * 24 * time.Hour)
	}
	found, err := i.Runs(v.Request.Context(), which)
	if errors.Is(err, run.ErrUsage) {
		return &fault{status: http.StatusNotFound, what: "fault.no_flow", back: "/runs"}
	}
	if err != nil {
		return err
	}
	data.Runs, data.Cut = found[:min(len(found), mostRuns)], len(found) > mostRuns
	return c.pages.show(w, v, page{name: "runs", title: v.printer.Text("runs.title"), data: data})
}

// runData is what the page of a run shows.
type runData struct {
	inspect.Detail
	Limits []limitBar
	// Hash is that of the plan or file which would be approved.
	Hash    string
	Decides bool
	consent
	// Unapplied are the rows that did not end well, of which Unlisted are left out.
	Unapplied []inspect.RowOutcome
	Unlisted  int
	// Difference is what is otherwise in the file than in the one before; nil where there is
	// nothing to compare.
	Difference *inspect.Difference
	// Seen is who looked at values, or took a file out, the last time of each.
	Seen []audit.Line
	// Values says whether people may be named, Operates whether the run may be canceled, and
	// Resends whether its file may be sent again.
	Values, Operates, Resends bool
	// Works: the run is at work or waits to be, also a held one that was approved.
	Works bool
	// Kept are the files that are still there.
	Kept []inspect.KeptFile
	// Codes and Columns are what findings can be filtered by, Code and Column what was asked for, and
	// All how many causes there are.
	Codes, Columns []columnCount
	Code, Column   string
	All            int
	// Establishments are those where people work whom findings are about, Establishment the one that was
	// asked for; Names are people by Lucca id, for whoever may see them.
	Establishments []inspect.Establishment
	Establishment  int
	Names          map[int]string
}

// note takes whom the findings are about, and leaves those of the establishment that was asked for.
func (d *runData) note(v visit, i inspect.Inspector) error {
	d.All = len(d.Causes)
	d.Establishment, _ = strconv.Atoi(v.Request.URL.Query().Get("establishment")) // anything else is all
	if d.Kind != run.Export {
		return nil
	}
	noted, err := inspect.NotedBy(v.Request.Context(), i, d.Record, d.Establishment)
	if err != nil {
		return err
	}
	if d.Establishments = noted.Establishments; d.Establishment != 0 {
		d.Causes = inspect.Causes(noted.Findings, nil)
	}
	if d.Values {
		d.Names = noted.Names
	}
	return nil
}

// filter leaves those causes that were asked for, and counts what can be.
func (d *runData) filter(q url.Values) {
	d.Code, d.Column = q.Get("code"), q.Get("column")
	for _, cause := range d.Causes {
		d.Codes = count(d.Codes, cause.Code, cause.Count)
		if len(cause.Columns) == 0 {
			d.Columns = count(d.Columns, cause.Column, cause.Count)
		}
		for _, column := range cause.Columns {
			d.Columns = count(d.Columns, column, len(cause.Employees))
		}
	}
	d.Causes = slices.DeleteFunc(d.Causes, func(cause inspect.Cause) bool {
		return d.Code != "" && d.Code != cause.Code || d.Column != "" && !cause.In(d.Column)
	})
}

// count adds to what is counted under a name; no name is none.
func count(counts []columnCount, name string, n int) []columnCount {
	if name == "" {
		return counts
	}
	if at := slices.IndexFunc(counts, func(c columnCount) bool { return c.Code == name }); at >= 0 {
		counts[at].N += n
		return counts
	}
	return append(counts, columnCount{name, n})
}

func (c runPages) run(w http.ResponseWriter, v visit) error {
	i := c.options.Inspector()
	detail, err := i.Detail(v.Request.Context(), v.Request.PathValue("run"))
	if errors.Is(err, run.ErrUsage) {
		return &fault{status: http.StatusNotFound, what: "fault.no_run", back: "/runs"}
	}
	if err != nil {
		return err
	}
	data := runData{
		Detail: detail, Limits: limitBars(detail.Limits), Decides: v.who.Decides(detail.Flow) && detail.Overtaken == nil, Values: v.who.SeesValues(detail.Flow),
		Operates: v.who.Operates(detail.Flow),
	}
	if data.Works, err = inspect.Works(v.Request.Context(), i, detail.Record); err != nil {
		return err
	}
	if data.Kept, err = i.Kept(detail.Record); err != nil {
		return err
	}
	if data.Operates && sent(detail.Record) {
		runs, err := i.Runs(v.Request.Context(), state.Filter{Flow: detail.Flow, Limit: recent})
		if err != nil {
			return err
		}
		data.Resends = lastSent(runs) == detail.ID
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
	if err := data.note(v, i); err != nil {
		return err
	}
	if detail.Kind == run.Export {
		d, err := i.Diff(v.Request.Context(), inspect.Files{Flow: detail.Flow, Run: detail.ID})
		switch {
		case err == nil:
			data.Difference = &d
		case !errors.Is(err, run.ErrUsage):
			return err
		}
	}
	if data.Works { // its people are shown, and that is on record, when it has ended
		data.Difference, data.Names, data.Unapplied, data.Unlisted = nil, nil, nil, 0
	}
	if data.Values && (data.Difference != nil || len(data.Unapplied) > 0 || len(data.Names) > 0) {
		if err := c.reveal(v, detail.Flow, detail.ID, "run"); err != nil {
			return err
		}
	}
	data.consent = consentOf(i.Config.Flows[detail.Flow].Approvals, data.Acts, data.Hash, v.who.Who())
	data.Acts, data.Seen = decisions(data.Acts)
	data.Steps = slices.DeleteFunc(slices.Clone(data.Steps), func(s inspect.Step) bool { return looks(audit.Act(s.Code)) })
	data.filter(v.Request.URL.Query())
	p := page{name: "run", title: v.printer.Text("run.title", "flow", detail.Flow), data: data}
	if data.Works {
		p.again = checkAgain
	}
	return c.pages.show(w, v, p)
}

// consent is what is known of a held run that two people have to approve.
type consent struct {
	Two bool
	// Approved are those who have; Mine says that whoever looks is one of them.
	Approved []string
	Mine     bool
}

func consentOf(people int, acts []audit.Line, hash, me string) (c consent) {
	if c.Two = people > 1; !c.Two {
		return c
	}
	for _, a := range acts {
		if a.Act == audit.Approve && a.Hash == hash {
			c.Approved = append(c.Approved, a.Who)
			c.Mine = c.Mine || audit.SamePerson(a.Who, me)
		}
	}
	return c
}

// looks reports whether an act changes nothing: somebody saw values, or took a file out.
func looks(a audit.Act) bool { return a == audit.Reveal || a == audit.Download }

// decisions are the acts about a run that changed something; seen is the last look of each who looked.
func decisions(acts []audit.Line) (decided, seen []audit.Line) {
	for _, a := range acts {
		at := slices.IndexFunc(seen, func(s audit.Line) bool { return s.Who == a.Who && s.Act == a.Act })
		switch {
		case !looks(a.Act):
			decided = append(decided, a)
		case at >= 0:
			seen[at] = a
		default:
			seen = append(seen, a)
		}
	}
	return decided, seen
}

// sent reports whether a run has brought a file to a partner.
func sent(r state.Record) bool {
	return r.Kind == run.Export && r.File != nil && (r.Outcome == run.Done || r.Outcome == run.Rejections)
}

// lastSent is the run whose file can be sent again, of runs with the newest first; empty for none.
func lastSent(runs []state.Record) string {
	if at := slices.IndexFunc(runs, sent); at >= 0 {
		return runs[at].ID
	}
	return ""
}

// find is the run of a page's address.
func (c *Console) find(v visit) (state.Record, error) {
	record, err := c.options.Inspector().Run(v.Request.Context(), v.Request.PathValue("run"))
	if errors.Is(err, run.ErrUsage) {
		return state.Record{}, &fault{status: http.StatusNotFound, what: "fault.no_run", back: "/runs"}
	}
	return record, err
}

// decide approves or rejects a held run.
func (c runPages) decide(w http.ResponseWriter, v visit) error {
	act := audit.Reject
	if v.Request.PostFormValue("decision") == "approve" {
		act = audit.Approve
	}
	by, err := c.aboutRun(v, act)
	if err != nil {
		return err
	}
	if by.Hash = v.Request.PostFormValue("hash"); !v.who.Decides(by.Flow) {
		return c.refuse(v, by, runPage(by.Run))
	}
	err = c.options.Acts.Decide(v.Request.Context(), Decision{Run: by.Run, Hash: by.Hash, Approve: act == audit.Approve, By: by})
	return seeOther(w, v, runPage(by.Run), err)
}
