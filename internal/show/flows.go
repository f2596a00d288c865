package show

import (
	"encoding/json"
	"fmt"
	"slices"

	"lucca-exchange/internal/inspect"
)

// Overview is how all flows stand. Its JSON document is the list of them.
type Overview struct {
	// Daemons is how many processes serve.
	Daemons int
	Flows   []inspect.FlowState
}

// MarshalJSON gives the flows.
func (o Overview) MarshalJSON() ([]byte, error) { return json.Marshal(o.Flows) }

// Flows shows whether a daemon is up, and the flows, one a line.
func Flows(w Page, o Overview) {
	scheduled := slices.ContainsFunc(o.Flows, func(f inspect.FlowState) bool { return !f.Next.IsZero() })
	switch {
	case o.Daemons > 1:
		w.hang("", w.said(fmt.Sprintf("%d daemons are up", o.Daemons)))
	case o.Daemons == 1:
		w.hang("", w.said("the daemon is up"))
	case scheduled:
		w.hang("", w.said("no daemon is up, so nothing runs by itself: start it, with systemctl start lucca-exchange or lucca-exchange serve"))
	default:
		w.hang("", w.said("no daemon is up, and no flow has a schedule"))
	}
	flows := o.Flows
	rows := make([]row, len(flows))
	for i, f := range flows {
		last, next := "never ran", "not scheduled"
		if f.Outcome != "" {
			last = w.ended(f.Outcome) + " " + w.minute(f.LastRun)
		}
		if !f.Next.IsZero() {
			next = w.minute(f.Next)
		}
		rows[i] = row{[]string{f.Name, string(f.Kind), last, next}, f.Note}
	}
	w.table(table{header: []string{"flow", "kind", "last", "next"}, noted: "note", flexible: []int{0}, words: []int{1, 2, 3}, rows: rows, times: true})
}

// Hires shows hires, one a line.
func Hires(w Page, hires []inspect.Hire) {
	if len(hires) == 0 {
		fmt.Fprintln(w, w.said("no hire yet"))
		return
	}
	rows := make([]row, len(hires))
	for i, h := range hires {
		employee := ""
		if h.EmployeeID > 0 {
			employee = fmt.Sprint(h.EmployeeID)
		}
		rows[i] = row{[]string{h.ID, h.Flow, w.minute(h.Received), shorten(h.Name), became(w, h.State), employee}, h.Reason}
	}
	w.table(table{header: []string{"hire", "flow", "received", "name", "state", "Lucca id"}, noted: "because", flexible: []int{1, 3}, rows: rows, times: true})
}

// became says what became of a hire.
func became(w Page, s string) string {
	if !foreign(w) {
		return s
	}
	return w.Words.Text("hire." + s)
}
