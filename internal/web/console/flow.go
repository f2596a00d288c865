package console

import (
	"net/http"
	"slices"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// flowData is what the page of a flow shows.
type flowData struct {
	inspect.FlowState
	Config config.Flow
	Slots  []time.Time
	Runs   []state.Record
	Trend  trend
	// Operates: may run, pause, and send again the file of the run Sent, if any.
	Operates bool
	Sent     string
}

// nextSlots is how many a page lists.
const nextSlots = 5

func (c flowPages) flow(w http.ResponseWriter, v visit) error {
	name := v.PathValue("flow")
	i := c.options.Inspector()
	flow, ok := i.Config.Flows[name]
	if !ok {
		return &fault{status: http.StatusNotFound, what: "fault.no_flow", back: "/"}
	}
	flows, err := i.Flows(v.Context(), time.Now())
	if err != nil {
		return err
	}
	at := slices.IndexFunc(flows, func(f inspect.FlowState) bool { return f.Name == name })
	data := flowData{FlowState: flows[at], Config: flow, Operates: v.who.Operates(name)}
	if flow.Slots != nil {
		slot := time.Now().In(flow.Zone)
		for range nextSlots {
			if slot = flow.Slots.Next(slot); slot.IsZero() {
				break
			}
			data.Slots = append(data.Slots, slot)
		}
	}
	if data.Runs, err = i.Runs(v.Context(), state.Filter{Flow: name, Limit: recent}); err != nil {
		return err
	}
	data.Sent, data.Trend = lastSent(data.Runs), trendOf(data.Runs)
	return c.pages.show(w, v, page{name: "flow", title: name, data: data})
}

// entry is the beginning of a line of the audit about what somebody does on a page.
func (c *Console) entry(v visit, act audit.Act) audit.Entry {
	return audit.Entry{At: time.Now(), Who: v.who.Who(), Role: string(v.who.Role()), From: c.options.Accounts.From(v.Request), Act: act}
}

// trend is the rows of the last runs as a line, the oldest on the left.
type trend struct {
	Points string
	Most   int
}

const trendWidth, trendHeight = 600, 80

func trendOf(runs []state.Record) (t trend) {
	var rows []int
	for _, r := range slices.Backward(runs) {
		if r.Rows != nil && r.Outcome != run.Canceled {
			rows = append(rows, r.Rows.Read)
			t.Most = max(t.Most, r.Rows.Read)
		}
	}
	if len(rows) < 2 || t.Most == 0 {
		return trend{}
	}
	var points []byte
	for n, r := range rows {
		points = appendPoint(points, n*trendWidth/(len(rows)-1), trendHeight-r*(trendHeight-4)/t.Most)
	}
	t.Points = string(points)
	return t
}
