package console

import (
	"net/http"
	"slices"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// flowData is what the page of a flow shows.
type flowData struct {
	inspect.FlowState
	Config config.Flow
	// Settings are what is in force.
	Settings []config.Setting
	Slots    []time.Time
	Runs     []state.Record
	Trends   []trend
	// Operates: may run, pause, and send again the file of the run Sent, if any.
	Operates bool
	Sent     string
	// Values: may see people, and ask about one.
	Values bool
}

// nextSlots is how many a page lists.
const nextSlots = 5

func (c flowPages) flow(w http.ResponseWriter, v visit) error {
	name := v.Request.PathValue("flow")
	i := c.options.Inspector()
	flow, ok := i.Config.Flows[name]
	if !ok {
		return &fault{status: http.StatusNotFound, what: "fault.no_flow", back: "/"}
	}
	flows, err := i.Flows(v.Request.Context(), time.Now())
	if err != nil {
		return err
	}
	at := slices.IndexFunc(flows, func(f inspect.FlowState) bool { return f.Name == name })
	data := flowData{FlowState: flows[at], Config: flow, Settings: i.Config.Settings(flow), Operates: v.who.Operates(name), Values: v.who.SeesValues(name)}
	if flow.Slots != nil {
		slot := time.Now().In(flow.Zone)
		for range nextSlots {
			if slot = flow.Slots.Next(slot); slot.IsZero() {
				break
			}
			data.Slots = append(data.Slots, slot)
		}
	}
	if data.Runs, err = i.Runs(v.Request.Context(), state.Filter{Flow: name, Limit: recent}); err != nil {
		return err
	}
	data.Sent, data.Trends = lastSent(data.Runs), trendsOf(v.printer, data.Runs)
	return c.pages.show(w, v, page{name: "flow", title: name, data: data})
}

// entry is the beginning of a line of the audit about what somebody does on a page.
func (c *Console) entry(v visit, act audit.Act) audit.Entry {
	return audit.Entry{At: time.Now(), Who: v.who.Who(), Role: string(v.who.Role()), From: c.options.Accounts.From(v.Request), Act: act}
}

// trend is a number of the last runs as a line, the oldest on the left.
type trend struct {
	// Key is that of its title.
	Key    string
	Points string
	Most   string
}

const trendWidth, trendHeight = 600, 80

// trendsOf are the lines of runs that had something to count; what is on them stands in the table
// of the runs too.
func trendsOf(p message.Printer, runs []state.Record) (lines []trend) {
	for _, one := range []struct {
		key string
		of  func(r state.Record) int
		say func(n int) string
	}{
		{"flow.trend", func(r state.Record) int { return r.Rows.Read }, p.Number},
		{"flow.trend_rejected", func(r state.Record) int { return r.Rows.Rejected }, p.Number},
		{"flow.trend_took", func(r state.Record) int { return int(r.Took().Milliseconds()) }, func(n int) string { return p.Duration(time.Duration(n) * time.Millisecond) }},
		{"flow.trend_requests", requests, p.Number},
	} {
		var values []int
		for _, r := range slices.Backward(runs) {
			if r.Rows != nil && r.Outcome != run.Canceled && !r.FinishedAt.IsZero() {
				values = append(values, one.of(r))
			}
		}
		if len(values) < 2 || slices.Max(values) == 0 {
			continue
		}
		most := slices.Max(values)
		var points []byte
		for n, value := range values {
			points = appendPoint(points, n*trendWidth/(len(values)-1), trendHeight-value*(trendHeight-4)/most)
		}
		lines = append(lines, trend{Key: one.key, Points: string(points), Most: one.say(most)})
	}
	return lines
}

func requests(r state.Record) int {
	if r.Requests == nil {
		return 0
	}
	return r.Requests.Lucca
}
