package show

import (
	"fmt"

	"lucca-exchange/internal/inspect"
)

// Flows shows flows, one a line.
func Flows(w Page, flows []inspect.FlowState) {
	rows := make([]row, len(flows))
	for i, f := range flows {
		last, next := "never ran", "not scheduled"
		if f.Outcome != "" {
			last = ended(f.Outcome) + " " + w.minute(f.LastRun)
		}
		if !f.Next.IsZero() {
			next = w.minute(f.Next)
		}
		rows[i] = row{[]string{f.Name, string(f.Kind), last, next}, f.Note}
	}
	w.table(table{header: []string{"flow", "kind", "last", "next"}, noted: "note", flexible: []int{0}, rows: rows, times: true})
}

// Hires shows hires, one a line.
func Hires(w Page, hires []inspect.Hire) {
	if len(hires) == 0 {
		fmt.Fprintln(w, "no hire yet")
		return
	}
	rows := make([]row, len(hires))
	for i, h := range hires {
		employee := ""
		if h.EmployeeID > 0 {
			employee = fmt.Sprint(h.EmployeeID)
		}
		rows[i] = row{[]string{h.ID, h.Flow, w.minute(h.Received), shorten(h.Name), h.State, employee}, h.Reason}
	}
	w.table(table{header: []string{"hire", "flow", "received", "name", "state", "Lucca id"}, noted: "because", flexible: []int{1, 3}, rows: rows, times: true})
}
