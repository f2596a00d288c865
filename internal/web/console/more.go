package console

import (
	"net/http"
	"slices"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/inspect"
)

// hiresData is the inbox of candidates, and those that were dealt with.
type hiresData struct {
	Waiting []inspect.Candidate
	Others  []inspect.Hire
	// Values tells of each flow whether its people may be seen.
	Values map[string]bool
}

func (c *Console) hires(w http.ResponseWriter, v visit) error {
	i := c.options.Inspector()
	data := hiresData{Values: make(map[string]bool)}
	for name := range i.Config.Flows {
		data.Values[name] = v.who.SeesValues(name)
	}
	var err error
	if data.Waiting, err = i.Inbox(v.Context()); err != nil {
		return err
	}
	all, err := i.Hires(v.Context(), "")
	if err != nil {
		return err
	}
	for _, h := range all {
		if !slices.ContainsFunc(data.Waiting, func(w inspect.Candidate) bool { return w.ID == h.ID && w.Flow == h.Flow }) {
			data.Others = append(data.Others, h)
		}
	}
	slices.SortStableFunc(data.Others, func(a, b inspect.Hire) int { return b.Updated.Compare(a.Updated) })
	data.Others = data.Others[:min(len(data.Others), mostListed)]
	return c.pages.show(w, v, page{name: "hires", title: v.printer.Text("hires.title"), data: data})
}

// auditData is the last acts, and whether the whole record holds.
type auditData struct {
	Lines  []audit.Line
	Anchor audit.Anchor
	Broken string
}

// mostActs is what one page lists.
const mostActs = 500

func (c *Console) audit(w http.ResponseWriter, v visit) error {
	if !v.who.Administers() {
		return &fault{status: http.StatusForbidden, what: "fault.forbidden", do: "fault.ask_admin", back: "/"}
	}
	var data auditData
	var err error
	if data.Lines, err = c.options.Audit().Latest(v.Context(), mostActs); err != nil {
		return err
	}
	if data.Anchor, err = c.options.Audit().Verify(v.Context()); err != nil {
		data.Broken = v.printer.Said(err.Error())
	}
	return c.pages.show(w, v, page{name: "audit", title: v.printer.Text("audit.title"), data: data})
}
