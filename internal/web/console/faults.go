package console

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"lucca-exchange/internal/draft"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web/auth"
)

// fault is what a page says instead of what was asked for.
type fault struct {
	status int
	// what and do are keys of texts: what happened, and what to do.
	what, do string
	back     string
	// original is what the program said, in English; empty where the texts say it all.
	original string
}

// Error is the key of what happened.
func (f *fault) Error() string { return f.what }

// known are the errors that have a page of their own.
var known = []struct {
	err   error
	fault fault
}{
	{state.ErrOtherPlan, fault{status: http.StatusConflict, what: "fault.other_plan", do: "fault.look_again"}},
	{state.ErrAgain, fault{status: http.StatusConflict, what: "fault.again", do: "fault.second_do"}},
	{state.ErrSecond, fault{status: http.StatusAccepted, what: "fault.second", do: "fault.second_do"}},
	{state.ErrChanged, fault{status: http.StatusConflict, what: "fault.changed", do: "fault.look_again"}},
	{state.ErrNotHeld, fault{status: http.StatusConflict, what: "fault.decided", do: "fault.look_again"}},
	{state.ErrEnded, fault{status: http.StatusConflict, what: "fault.ended", do: "fault.look_again"}},
	{state.ErrBusy, fault{status: http.StatusConflict, what: "fault.busy", do: "fault.later"}},
	{draft.ErrGone, fault{status: http.StatusNotFound, what: "fault.draft_gone", do: "fault.draft_again"}},
	{draft.ErrChanged, fault{status: http.StatusConflict, what: "fault.draft_changed", do: "fault.look_again"}},
	{draft.ErrWorking, fault{status: http.StatusConflict, what: "fault.draft_working", do: "fault.look_again"}},
	{draft.ErrWrapped, fault{status: http.StatusConflict, what: "file.no_mending", do: "file.no_mending_do"}},
	{draft.ErrNoDryRun, fault{status: http.StatusNotFound, what: "fault.dry_run_gone", do: "fault.dry_run_again"}},
	{draft.ErrMost, fault{status: http.StatusServiceUnavailable, what: "fault.draft_most", do: "fault.draft_most_do"}},
	{state.ErrFull, fault{status: http.StatusInsufficientStorage, what: "fault.full", do: "fault.see_log"}},
}

// faultOf is what a page says about an error; nil for one of which only the log may have more.
func faultOf(err error) *fault {
	f, ok := errors.AsType[*fault](err)
	for _, k := range known {
		if !ok && errors.Is(err, k.err) {
			page := k.fault
			f, ok = &page, true
		}
	}
	_, waits := errors.AsType[*auth.WaitError](err)
	_, large := errors.AsType[*http.MaxBytesError](err)
	switch {
	case ok:
	case waits:
		f = &fault{status: http.StatusTooManyRequests, what: "fault.wait"}
	case large:
		f = &fault{status: http.StatusRequestEntityTooLarge, what: "fault.too_large", do: "fault.too_large_do"}
	case errors.Is(err, run.ErrUsage):
		f = &fault{status: http.StatusConflict, what: "fault.not_possible", original: strings.TrimPrefix(err.Error(), run.ErrUsage.Error()+": ")} // what says so above
	default:
		return nil
	}
	if r, ok := errors.AsType[*returning](err); ok && f.back == "" {
		f.back = r.to
	}
	return f
}

// explain shows a page about what went wrong.
func (p *renderer) explain(ctx context.Context, w http.ResponseWriter, v visit, err error) {
	f := faultOf(err)
	if f == nil {
		p.logger.ErrorContext(ctx, "page.failed", "route", v.Request.Pattern, "err", err)
		f = &fault{status: http.StatusInternalServerError, what: "fault.internal", do: "fault.see_log"}
	}
	data := struct{ What, Do, Told, Back, Original string }{What: v.printer.Text(f.what), Back: f.back}
	if told, whole := v.printer.Tell(f.original); whole {
		data.Told = told
	} else {
		data.Original = f.original
	}
	if f.do != "" {
		data.Do = v.printer.Text(f.do)
	}
	title := "fault.title"
	if f.status == http.StatusAccepted {
		title = "fault.noted"
	}
	if err := p.show(w, v, page{name: "notice", status: f.status, title: v.printer.Text(title), data: data}); err != nil {
		p.logger.ErrorContext(ctx, "page.failed", "route", v.Request.Pattern, "err", err)
	}
}
