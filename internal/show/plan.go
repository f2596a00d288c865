package show

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
)

// Plan shows a plan: what would be done to whom, then how the run would end.
func Plan(w Page, r flow.Report) {
	if r.Plan != nil {
		Changes(w, r)
		fmt.Fprintln(w)
	}
	Summary(w, r.Run)
	findings(w, r.Run, shownFindings, "--json prints them all")
	w.line("changed", "nothing: this is a plan")
	if r.Run.Outcome == run.Held {
		Say(w, "\nrun would hold it until somebody approves it.")
	}
}

// Changes shows what a plan does to whom: each change with its mark, row, login and what is
// set from what to what. Unchanged employees are only counted, at the end.
func Changes(w Page, r flow.Report) {
	b := bufio.NewWriter(w)
	for i := range r.Plan.Items {
		if r.Plan.Items[i].Action != plan.Unchanged {
			w.writeItem(b, &r.Plan.Items[i])
		}
	}
	c := r.Plan.Changes()
	fmt.Fprintln(b, w.said(fmt.Sprintf("create %d, update %d, end %d, rehire %d, unchanged %d, reject %d", c.Create, c.Update, c.End, c.Rehire, c.Unchanged, c.Reject)))
	// Output to a person, as that of fmt.Fprintf: a terminal that is gone is no fault.
	_ = b.Flush()
}

func (p Page) writeItem(w io.Writer, item *plan.Item) {
	next := ""
	if item.Contract != nil && item.Contract.ID == 0 && item.Action != plan.Rehire {
		next = "  " + p.said("(a next contract)")
	}
	set := make(map[string]plan.DocumentChange, item.Set.Len())
	for code, c := range item.Set.All() {
		set[code] = plan.DocumentChange{From: c.From, To: c.To}
	}
	writeChange(p, w, plan.DocumentItem{Row: item.Row, Action: item.Action, Login: item.Login, Set: set}, next)
}

// writeChange shows what is done to one person, and what the item is beside.
func writeChange(p Page, w io.Writer, item plan.DocumentItem, beside string) {
	place := p.said("absent")
	if item.Row > 0 {
		place = p.said("row") + " " + strconv.Itoa(item.Row)
	}
	fmt.Fprintf(w, "%s %s  %s  %s%s\n", mark(item.Action), place, p.said(string(item.Action)), cmp.Or(printable(item.Login), "?"), beside)
	for _, code := range plan.InOrder(item.Set) {
		c := item.Set[code]
		fmt.Fprintf(w, "    %s%s%s → %s\n", titled(p, code), colon(p), cmp.Or(printable(valued(p, c.From)), p.said("(none)")), cmp.Or(printable(valued(p, c.To)), p.said("(none)")))
	}
}

// KeptPlan shows the plan of a run as it was kept: each change, and how the run stands.
func KeptPlan(w Page, v inspect.PlanView) {
	b := bufio.NewWriter(w)
	for n, item := range v.Plan.Items {
		if item.Action == plan.Unchanged {
			continue
		}
		if item.Login == "" && n < len(v.People) {
			item.Login = cmp.Or(v.People[n].Login, v.People[n].Name)
		}
		writeChange(w, b, item, "")
	}
	c := v.Plan.Changes
	fmt.Fprintln(b, w.said(fmt.Sprintf("create %d, update %d, end %d, rehire %d, unchanged %d, reject %d", c.Create, c.Update, c.End, c.Rehire, c.Unchanged, c.Reject)))
	fmt.Fprintln(b)
	_ = b.Flush() // as above
	w.line("run", "%s", v.Run)
	w.line("outcome", "%s", string(v.Outcome))
	w.line("hash", "%s", v.Plan.Hash)
	if v.Overtaken != nil {
		Say(w, "%s", v.Overtaken.ToDo)
	}
}

// mark is the sign of an action, of one character.
func mark(a plan.Action) string {
	switch a {
	case plan.Create:
		return "+"
	case plan.Update:
		return "~"
	case plan.End:
		return "-"
	case plan.Rehire:
		return "↻"
	case plan.Reject:
		return "!"
	default:
		return " "
	}
}

// printable keeps a value from a file from moving the cursor of a terminal.
func printable(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		return s
	}
	return strconv.Quote(s)
}
