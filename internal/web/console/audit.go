package console

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/message"
)

// auditData is acts, and whether the whole record holds.
type auditData struct {
	Lines  []audit.Line
	Anchor audit.Anchor
	Broken string
	// Who, Act and Flow are what was asked for, Acts and Flows what can be.
	Who, Act, Flow string
	Acts           []audit.Act
	Flows          []string
	Cut            bool
}

// mostActs is what one page lists.
const mostActs = 500

// auditPages are about what people did. They are for administrators.
type auditPages struct{ *Console }

func (c auditPages) routes() map[string]handler {
	return map[string]handler{"GET /audit": c.audit, "POST /audit/export": c.form(c.export)}
}

// administers refuses whoever may not read the audit.
func (c auditPages) administers(v visit) error {
	if v.who.Administers() {
		return nil
	}
	return c.refuse(v, c.entry(v, "audit"), "/")
}

func (c auditPages) audit(w http.ResponseWriter, v visit) error {
	if err := c.administers(v); err != nil {
		return err
	}
	q := v.Request.URL.Query()
	data := auditData{Who: q.Get("who"), Act: q.Get("act"), Flow: q.Get("flow"), Acts: audit.Acts(), Flows: slices.Sorted(maps.Keys(c.options.Inspector().Config.Flows))}
	for line, err := range c.options.Audit().Lines(v.Request.Context(), 1) {
		if err != nil {
			return err
		}
		if wanted(line, q) {
			data.Lines = append(data.Lines, line)
		}
		if len(data.Lines) == 2*mostActs { // the newest are shown
			data.Lines, data.Cut = append(data.Lines[:0], data.Lines[mostActs:]...), true
		}
	}
	if len(data.Lines) > mostActs {
		data.Lines, data.Cut = data.Lines[len(data.Lines)-mostActs:], true
	}
	slices.Reverse(data.Lines)
	var err error
	if data.Anchor, err = c.options.Audit().Verify(v.Request.Context()); err != nil {
		data.Broken = v.printer.Said(err.Error())
	}
	return c.pages.show(w, v, page{name: "audit", title: v.printer.Text("audit.title"), data: data})
}

// wanted reports whether a line is one of those that were asked for.
func wanted(l audit.Line, q url.Values) bool {
	is := func(key, value string) bool { return q.Get(key) == "" || q.Get(key) == value }
	return is("act", string(l.Act)) && is("flow", l.Flow) && strings.Contains(strings.ToLower(l.Who), strings.ToLower(q.Get("who")))
}

// export gives out the lines that were asked for as JSON, one a line, as they were chained.
func (c auditPages) export(w http.ResponseWriter, v visit) error {
	if err := c.administers(v); err != nil {
		return err
	}
	by := c.entry(v, audit.Download)
	by.Note = "audit"
	if err := c.options.Audit().Append(v.Request.Context(), by); err != nil {
		return err
	}
	if err := v.Request.ParseForm(); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/x-ndjson")
	h.Set("Content-Disposition", `attachment; filename="audit.ndjson"`)
	h.Set("X-Content-Type-Options", "nosniff")
	out := json.NewEncoder(w)
	for line, err := range c.options.Audit().Lines(v.Request.Context(), 1) {
		if err != nil {
			panic(http.ErrAbortHandler) // it has begun: a file that is cut off must not look whole
		}
		if !wanted(line, v.Request.PostForm) {
			continue
		}
		if err := out.Encode(line); err != nil {
			return nil // whoever went away has no file
		}
	}
	return nil
}

// remarkOf is the note of an act as it is read: in the reader's language where the program wrote it, and
// as it stands where a person did.
func remarkOf(p message.Printer) func(act audit.Act, note string) string {
	return func(act audit.Act, note string) string {
		if !act.Remarks() {
			return note
		}
		return message.Remark(p, note)
	}
}
