package console

import (
	"net/http"
	"slices"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/inspect"
)

// hiresData is the inbox of candidates.
type hiresData struct {
	Hires []inspect.Hire
	Flow  string
	// Names tells of each hire whether its name may be seen.
	Names map[string]bool
}

func (c *Console) hires(w http.ResponseWriter, v visit) error {
	data := hiresData{Flow: v.URL.Query().Get("flow"), Names: make(map[string]bool)}
	var err error
	if data.Hires, err = c.options.Inspector().Hires(v.Context(), data.Flow); err != nil {
		return err
	}
	slices.SortStableFunc(data.Hires, func(a, b inspect.Hire) int { return b.Updated.Compare(a.Updated) })
	for _, h := range data.Hires {
		data.Names[h.ID] = v.who.SeesValues(h.Flow)
	}
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
		data.Broken = err.Error()
	}
	return c.pages.show(w, v, page{name: "audit", title: v.printer.Text("audit.title"), data: data})
}
