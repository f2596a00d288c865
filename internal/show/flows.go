package show

import (
	"fmt"
	"io"
	"time"

	"lucca-exchange/internal/inspect"
)

// Flows shows flows, one a line.
func Flows(w io.Writer, flows []inspect.FlowState) {
	rows := make([][]string, len(flows))
	for i, f := range flows {
		last, next := "never", "not scheduled"
		if f.Outcome != "" {
			last = string(f.Outcome) + " " + f.LastRun.Format(time.DateTime)
		}
		if !f.Next.IsZero() {
			next = f.Next.Format("Mon 2006-01-02 15:04 MST")
		}
		rows[i] = []string{f.Name, string(f.Kind), last, next, f.Note}
	}
	grid(w, []string{"flow", "kind", "last", "next", "note"}, rows)
}

// Hires shows hires, one a line.
func Hires(w io.Writer, hires []inspect.Hire) {
	if len(hires) == 0 {
		fmt.Fprintln(w, "no hire yet")
		return
	}
	rows := make([][]string, len(hires))
	for i, h := range hires {
		employee := ""
		if h.EmployeeID > 0 {
			employee = fmt.Sprint(h.EmployeeID)
		}
		rows[i] = []string{h.ID, h.Flow, h.Received.Local().Format(time.DateTime), shorten(h.Name), h.State, employee, h.Reason}
	}
	grid(w, []string{"hire", "flow", "received", "name", "state", "Lucca id", "because"}, rows)
}
