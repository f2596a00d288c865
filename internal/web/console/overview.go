package console

import (
	"net/http"
	"slices"
	"time"

	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// need is one thing that somebody has to do.
type need struct {
	// Tag is the outcome or the severity that it looks like.
	Tag, Text, Href string
	Since           time.Time
}

// flowRow is how one flow stands.
type flowRow struct {
	inspect.FlowState
	// Last is the last run that ended; nil before the first.
	Last  *state.Record
	Spark spark
}

// overviewData is what the first page shows.
type overviewData struct {
	Needs []need
	Flows []flowRow
}

// recent is how many runs of a flow the first page draws.
const recent = 30

func (c *Console) overview(w http.ResponseWriter, v visit) error {
	i := c.options.Inspector()
	flows, err := i.Flows(v.Context(), time.Now())
	if err != nil {
		return err
	}
	var data overviewData
	for _, f := range flows {
		row := flowRow{FlowState: f}
		runs, err := i.Runs(v.Context(), f.Name, recent)
		if err != nil {
			return err
		}
		if at := slices.IndexFunc(runs, func(r state.Record) bool { return r.Outcome != "" }); at >= 0 {
			row.Last = &runs[at]
		}
		row.Spark = sparkOf(runs)
		data.Flows = append(data.Flows, row)
		data.Needs = append(data.Needs, needsOf(v, f, runs)...)
	}
	hires, err := i.Hires(v.Context(), "")
	if err != nil {
		return err
	}
	data.Needs = append(data.Needs, needsOfHires(v, hires)...)
	return c.pages.show(w, v, page{name: "overview", title: v.printer.Text("overview.title"), data: data})
}

// needsOf lists what somebody has to do about a flow, the most urgent first.
func needsOf(v visit, f inspect.FlowState, runs []state.Record) (needs []need) {
	p := v.printer
	add := func(tag, href string, since time.Time, key string, pairs ...any) {
		needs = append(needs, need{Tag: tag, Text: p.Text(key, append([]any{"flow", f.Name}, pairs...)...), Href: href, Since: since})
	}
	for _, r := range runs {
		if r.Outcome != run.Held {
			continue
		}
		if slices.ContainsFunc(f.Overtaken, func(o inspect.Overtaken) bool { return o.Run == r.ID }) {
			add("held", "/runs/"+r.ID, r.FinishedAt, "need.overtaken")
			continue
		}
		add("held", "/runs/"+r.ID, r.FinishedAt, "need.held")
	}
	if f.Outcome == run.Failed {
		add("failed", "/runs/"+f.Run, f.LastRun, "need.failed")
	}
	if !f.Overdue.IsZero() {
		add("failed", "/flows/"+f.Name, f.Overdue, "need.overdue")
	}
	if f.Missed > 0 {
		add("warning", "/flows/"+f.Name, time.Time{}, "need.missed", "n", f.Missed)
	}
	for _, s := range f.Stuck {
		add("warning", "/runs/"+s.Run, s.Since, "need.stuck", "file", s.Name)
	}
	if f.Outcome == run.Rejections {
		n := 0
		if at := slices.IndexFunc(runs, func(r state.Record) bool { return r.ID == f.Run }); at >= 0 && runs[at].Rows != nil {
			n = runs[at].Rows.Rejected
		}
		add("rejections", "/runs/"+f.Run, f.LastRun, "need.rejections", "n", n)
	}
	if n := len(f.Warnings); n > 0 {
		add("warning", "/runs/"+f.Run, f.LastRun, "need.warnings", "n", n)
	}
	return needs
}

// needsOfHires says which flows have candidates that wait for somebody.
func needsOfHires(v visit, hires []inspect.Hire) (needs []need) {
	waiting := make(map[string]int)
	var flows []string
	for _, h := range hires {
		if h.State != state.HireHeld && h.State != state.HireRefused {
			continue
		}
		if waiting[h.Flow] == 0 {
			flows = append(flows, h.Flow)
		}
		waiting[h.Flow]++
	}
	slices.Sort(flows)
	for _, f := range flows {
		needs = append(needs, need{Tag: "held", Text: v.printer.Text("need.hires", "flow", f, "n", waiting[f]), Href: "/hires?flow=" + f})
	}
	return needs
}
