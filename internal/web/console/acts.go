package console

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
)

// Acts does what pages ask for. Each act is on record, and a refused one as refused; an error that
// is run.ErrUsage is somebody's fault, and may be shown.
type Acts interface {
	// Decide approves or rejects a held run.
	Decide(ctx context.Context, d Decision) error
	// Start puts a run of a flow into the queue, unless one is there.
	Start(ctx context.Context, flow string, by audit.Entry) error
	// Pause keeps a flow from running by itself, until an instant or, where that is zero, until
	// somebody resumes it.
	Pause(ctx context.Context, flow string, until time.Time, by audit.Entry) error
	Resume(ctx context.Context, flow string, by audit.Entry) error
	// Cancel ends a run that is at work or waits.
	Cancel(ctx context.Context, run string, by audit.Entry) error
	// Resend has the file of a run sent once more, and returns the run that does it, which goes on
	// while the page is answered.
	Resend(ctx context.Context, run string, by audit.Entry) (string, error)
	// DecideHire does with a hire what the act of the decision says.
	DecideHire(ctx context.Context, d inspect.HireDecision) (inspect.Hire, error)
	// Download finds a file of a run that is kept.
	Download(ctx context.Context, run string, kind inspect.KeptKind, by audit.Entry) (inspect.KeptFile, error)
}

// maxNote is how long the reason of an act may be.
const maxNote = 500

// note is the reason that a form gives for an act.
func (v visit) note() string {
	text := []rune(v.Request.PostFormValue("note"))
	return string(text[:min(len(text), maxNote)])
}

// refuse puts on record that somebody may not do something, and says so.
func (c *Console) refuse(v visit, by audit.Entry, back string) error {
	return cmp.Or(c.refused(v, by, "forbidden"), error(&fault{status: http.StatusForbidden, what: "fault.forbidden", do: "fault.ask_admin", back: back}))
}

// refused puts on record that something was not done, and why.
func (c *Console) refused(v visit, by audit.Entry, why string) error {
	return c.options.Audit().Append(v.Request.Context(), by.Refused(why))
}

// aboutRun is the line of the audit about an act on the run of the page's address.
func (c *Console) aboutRun(v visit, act audit.Act) (audit.Entry, error) {
	record, err := c.find(v)
	if err != nil {
		return audit.Entry{}, err
	}
	by := c.entry(v, act)
	by.Flow, by.Run, by.Note = record.Flow, record.ID, v.note()
	return by, nil
}

// aboutFlow is the line of the audit about an act on the flow of the page's address, by somebody
// who operates it.
func (c *Console) aboutFlow(v visit, act audit.Act) (audit.Entry, error) {
	name := v.Request.PathValue("flow")
	if _, ok := c.options.Inspector().Config.Flows[name]; !ok {
		return audit.Entry{}, &fault{status: http.StatusNotFound, what: "fault.no_flow", back: "/"}
	}
	by := c.entry(v, act)
	if by.Flow = name; !v.who.Operates(name) {
		return by, c.refuse(v, by, flowPage(name))
	}
	by.Note = v.note()
	return by, nil
}

func runPage(id string) string    { return "/runs/" + url.PathEscape(id) }
func flowPage(name string) string { return (&url.URL{Path: "/flows/" + name}).EscapedPath() }

// act does with the flow of the page's address what needs nothing but its name.
func (c flowPages) act(w http.ResponseWriter, v visit, act audit.Act, do func(ctx context.Context, flow string, by audit.Entry) error) error {
	by, err := c.aboutFlow(v, act)
	if err == nil {
		err = do(v.Request.Context(), by.Flow, by)
	}
	return seeOther(w, v, flowPage(by.Flow), err)
}

// start puts a run into the queue.
func (c flowPages) start(w http.ResponseWriter, v visit) error {
	return c.act(w, v, audit.Run, c.options.Acts.Start)
}

// pause keeps a flow from running by itself.
func (c flowPages) pause(w http.ResponseWriter, v visit) error {
	by, err := c.aboutFlow(v, audit.Pause)
	if err != nil {
		return err
	}
	var until time.Time
	if text := v.Request.PostFormValue("until"); text != "" {
		zone := c.options.Inspector().Config.Flows[by.Flow].Zone
		if until, err = time.ParseInLocation("2006-01-02T15:04", text, zone); err != nil {
			return &fault{status: http.StatusBadRequest, what: "fault.until", do: "fault.until_do", back: flowPage(by.Flow)}
		}
	}
	return seeOther(w, v, flowPage(by.Flow), c.options.Acts.Pause(v.Request.Context(), by.Flow, until, by))
}

// resume ends a pause.
func (c flowPages) resume(w http.ResponseWriter, v visit) error {
	return c.act(w, v, audit.Resume, c.options.Acts.Resume)
}

// cancel ends a run at work.
func (c runPages) cancel(w http.ResponseWriter, v visit) error {
	by, err := c.aboutRun(v, audit.Cancel)
	if err != nil {
		return err
	}
	if !v.who.Operates(by.Flow) {
		return c.refuse(v, by, runPage(by.Run))
	}
	return seeOther(w, v, runPage(by.Run), c.options.Acts.Cancel(v.Request.Context(), by.Run, by))
}

// resendPage asks whether a file is to be sent again.
func (c runPages) resendPage(w http.ResponseWriter, v visit) error {
	record, err := c.find(v)
	if err != nil {
		return err
	}
	if record.Kind != run.Export || record.File == nil {
		return &fault{status: http.StatusNotFound, what: "fault.no_file", back: runPage(record.ID)}
	}
	return c.pages.show(w, v, page{name: "resend", title: v.printer.Text("resend.title"), data: record})
}

// resend has a file sent again.
func (c runPages) resend(w http.ResponseWriter, v visit) error {
	by, err := c.aboutRun(v, audit.Resend)
	if err != nil {
		return err
	}
	if !v.who.Operates(by.Flow) {
		return c.refuse(v, by, runPage(by.Run))
	}
	id, err := c.options.Acts.Resend(v.Request.Context(), by.Run, by)
	if err != nil {
		return backTo(err, runPage(by.Run))
	}
	return seeOther(w, v, runPage(id), nil)
}

// seeOther leads to the page that shows what came of an act.
func seeOther(w http.ResponseWriter, v visit, to string, err error) error {
	if err != nil {
		return backTo(err, to)
	}
	http.Redirect(w, v.Request, to, http.StatusSeeOther)
	return nil
}

// backTo gives the page about an error its way back.
func backTo(err error, to string) error {
	if f, ok := errors.AsType[*fault](err); err == nil || ok && f.back != "" {
		return err
	}
	return &returning{err, to}
}

// returning is an error whose page leads back to where somebody acted.
type returning struct {
	error
	to string
}

// Unwrap returns the error.
func (r *returning) Unwrap() error { return r.error }
