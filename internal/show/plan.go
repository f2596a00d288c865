package show

import (
	"fmt"
	"io"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/run"
)

// Plan shows a plan: what would be done to whom, then how the run would end.
func Plan(w io.Writer, r app.Result) {
	if r.Plan != nil {
		Changes(w, r)
		fmt.Fprintln(w)
	}
	Summary(w, r.Run)
	findings(w, r.Run, shownFindings, "--json prints them all")
	line(w, "changed", "nothing: this is a plan")
	if r.Run.Outcome == run.Held {
		Say(w, "\nrun would hold it until somebody approves it.")
	}
}

// Changes shows what a plan does to whom.
func Changes(w io.Writer, r app.Result) {
	// Output to a person, as that of fmt.Fprintf: a terminal that is gone is no fault.
	_ = r.Plan.WriteText(w)
}
