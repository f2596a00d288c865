package console

import (
	"net/http"

	"lucca-exchange/internal/audit"
)

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
