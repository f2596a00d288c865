package console

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/state"
)

// hiresData is the inbox of candidates, and those that were dealt with.
type hiresData struct {
	Waiting []waitingHire
	Others  []inspect.Hire
	// Values tells of each flow whether its people may be seen.
	Values map[string]bool
}

// waitingHire is a candidate who waits for somebody.
type waitingHire struct {
	inspect.Candidate
	// Values: may be named; Decides: somebody may decide here, and not on the run that it is
	// part of.
	Values, Decides bool
	Seen            string
}

// hirePages are about candidates.
type hirePages struct{ *Console }

func (c hirePages) routes() map[string]handler {
	return map[string]handler{"GET /hires": c.hires, "POST /hires/{hire}": c.form(c.decideHire)}
}

func (c hirePages) hires(w http.ResponseWriter, v visit) error {
	i := c.options.Inspector()
	data := hiresData{Values: make(map[string]bool)}
	for name := range i.Config.Flows {
		data.Values[name] = v.who.SeesValues(name)
	}
	waiting, err := i.Inbox(v.Request.Context())
	if err != nil {
		return err
	}
	shown := false
	for _, h := range waiting {
		shown = shown || data.Values[h.Flow]
		data.Waiting = append(data.Waiting, waitingHire{h, data.Values[h.Flow], h.With == "" && v.who.Decides(h.Flow), h.Updated.Format(time.RFC3339Nano)})
	}
	all, err := i.Hires(v.Request.Context(), state.HireFilter{})
	if err != nil {
		return err
	}
	for _, h := range all {
		if !slices.ContainsFunc(waiting, func(w inspect.Candidate) bool { return w.ID == h.ID && w.Flow == h.Flow }) {
			data.Others = append(data.Others, h)
			shown = shown || data.Values[h.Flow]
		}
	}
	slices.SortStableFunc(data.Others, func(a, b inspect.Hire) int { return b.Updated.Compare(a.Updated) })
	data.Others = data.Others[:min(len(data.Others), mostListed)]
	if shown {
		if err := c.reveal(v, "", "", "hires"); err != nil {
			return err
		}
	}
	return c.pages.show(w, v, page{name: "hires", title: v.printer.Text("hires.title"), data: data})
}

// decideHire does what the button says that was pressed.
func (c hirePages) decideHire(w http.ResponseWriter, v visit) error {
	acts := map[string]audit.Act{"retry": audit.RetryHire, "drop": audit.DropHire, "link": audit.LinkHire, "fill": audit.FillHire}
	act, known := acts[v.Request.PostFormValue("decision")]
	waiting, err := c.options.Inspector().Inbox(v.Request.Context())
	if err != nil {
		return err
	}
	id := v.Request.PathValue("hire")
	at := slices.IndexFunc(waiting, func(h inspect.Candidate) bool { return h.ID == id })
	if at < 0 || !known {
		return &fault{status: http.StatusConflict, what: "fault.no_hire", do: "fault.look_again", back: "/hires"}
	}
	h := waiting[at]
	by := c.entry(v, act)
	if by.Flow, by.Note = h.Flow, v.note(); !v.who.Decides(h.Flow) {
		return c.refuse(v, by, "/hires")
	}
	d := inspect.HireDecision{ID: h.ID, By: by}
	if d.Seen, err = time.Parse(time.RFC3339Nano, v.Request.PostFormValue("seen")); err != nil {
		return &fault{status: http.StatusConflict, what: "fault.changed", do: "fault.look_again", back: "/hires"}
	}
	d.Employee, _ = strconv.Atoi(strings.TrimSpace(v.Request.PostFormValue("employee"))) // what is no number is nobody's
	d.Fill = make(map[string]string)
	for _, f := range h.Fields {
		if value := strings.TrimSpace(v.Request.PostFormValue("field_" + f.Name)); v.Request.PostForm.Has("field_"+f.Name) && value != f.Value {
			d.Fill[f.Name] = value
		}
	}
	_, err = c.options.Acts.DecideHire(v.Request.Context(), d)
	return seeOther(w, v, "/hires", err)
}

// reveal puts on record that somebody is shown people's names or values.
func (c *Console) reveal(v visit, flow, run, what string) error {
	by := c.entry(v, audit.Reveal)
	by.Flow, by.Run, by.Note = flow, run, what
	return c.options.Audit().Append(v.Request.Context(), by)
}
