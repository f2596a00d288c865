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
	place := p.said("absent")
	if item.Row > 0 {
		place = p.said("row") + " " + strconv.Itoa(item.Row)
	}
	next := ""
	if item.Contract != nil && item.Contract.ID == 0 && item.Action != plan.Rehire {
		next = "  " + p.said("(a next contract)")
	}
	fmt.Fprintf(w, "%s %s  %s  %s%s\n", mark(item.Action), place, p.said(string(item.Action)), cmp.Or(printable(item.Login), "?"), next)
	set := item.Set.Map()
	for _, code := range plan.InOrder(set) {
		c := set[code]
		fmt.Fprintf(w, "    %s: %s → %s\n", code, cmp.Or(printable(c.From), p.said("(none)")), cmp.Or(printable(c.To), p.said("(none)")))
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
