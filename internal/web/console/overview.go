package console

import (
	"net/http"
	"slices"
	"time"

	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/state"
)

// flowRow is how one flow stands.
type flowRow struct {
	inspect.FlowState
	// Last is the last run that ended; nil before the first.
	Last  *state.Record
	Spark spark
}

// overviewData is what the first page shows.
type overviewData struct {
	Needs []inspect.Need
	Flows []flowRow
}

// recent is how many runs of a flow a page draws.
const recent = 30

func (c flowPages) overview(w http.ResponseWriter, v visit) error {
	i := c.options.Inspector()
	flows, err := i.Flows(v.Request.Context(), time.Now())
	if err != nil {
		return err
	}
	inbox, err := i.Inbox(v.Request.Context())
	if err != nil {
		return err
	}
	data := overviewData{Needs: inspect.Needs(flows, inbox, inspect.Ending(i, time.Now()))}
	for _, f := range flows {
		row := flowRow{FlowState: f}
		runs, err := i.Runs(v.Request.Context(), state.Filter{Flow: f.Name, Limit: recent})
		if err != nil {
			return err
		}
		if at := slices.IndexFunc(runs, func(r state.Record) bool { return r.Outcome != "" }); at >= 0 {
			row.Last = &runs[at]
		}
		row.Spark = sparkOf(runs)
		data.Flows = append(data.Flows, row)
	}
	return c.pages.show(w, v, page{name: "overview", title: v.printer.Text("overview.title"), data: data})
}
