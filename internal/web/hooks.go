package web

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"

	"lucca-exchange/internal/web/pace"
)

// What a receiver says of a hook. Anything else is a fault of ours: 500.
var (
	// ErrNotFound: there is no such flow, or the token is wrong: one answer for both.
	ErrNotFound = errors.New("no such hook")
	// ErrInvalid: the body is not what this source sends.
	ErrInvalid = errors.New("invalid event")
	// ErrTooLarge: the body is larger, deeper or longer than this source takes.
	ErrTooLarge = errors.New("event too large")
	// ErrMediaType: the body is of a kind that this source does not take.
	ErrMediaType = errors.New("unsupported media type")
	// ErrSignature: the signature is missing, wrong or too old.
	ErrSignature = errors.New("invalid signature")
	// ErrUnavailable: the event cannot be stored now: its sender is to try again.
	ErrUnavailable = errors.New("cannot take events now")
)

// Hooks receives the events that others send.
type Hooks interface {
	// Admits tells whether the flow takes events and the token is its own, in a time that says
	// nothing of either. It is asked before anything else is done for a sender.
	Admits(flow, token string) bool
	// Receive stores an event of an admitted sender durably; only nil is answered with 200. It
	// may be called with the same event again, and from many goroutines. Its errors hold no
	// personal data.
	Receive(ctx context.Context, flow string, header http.Header, body []byte) error
}

// Bounds on hooks.
const (
	// maxEvent is in bytes; the events of the sources are of some KiB.
	maxEvent      = 1 << 20
	bodyBudget    = 10 * time.Second
	receiveBudget = 10 * time.Second
	// strangerBudget is what a sender without a right token has to read the answer.
	strangerBudget = time.Second
)

// strangerPace, of one network, is for whoever does not know that a token was changed.
func strangerPace() pace.Pace { return pace.Pace{PerSecond: 10, Burst: 100} }

// The pace of those with a right token: a whole folder of candidates may be moved at once, and
// each event be sent twice.
func hookPace() pace.Pace { return pace.Pace{PerSecond: 100, Burst: 1000} }
func flowPace() pace.Pace { return pace.Pace{PerSecond: 400, Burst: 2000} }

// hookSender is one network that sends to one flow.
type hookSender struct {
	flow string
	from netip.Prefix
}

// unavailablePause is when a sender is to try again.
const unavailablePause = 30 * time.Second

// refusal is the answer to an error.
type refusal struct {
	is     error
	status int
}

// refusals are in the order in which they are looked for.
func refusals() []refusal {
	return []refusal{
		{ErrNotFound, http.StatusNotFound},
		{ErrSignature, http.StatusUnauthorized},
		{ErrTooLarge, http.StatusRequestEntityTooLarge},
		{ErrMediaType, http.StatusUnsupportedMediaType},
		{ErrInvalid, http.StatusBadRequest},
		{ErrUnavailable, http.StatusServiceUnavailable},
		{context.DeadlineExceeded, http.StatusServiceUnavailable},
		{context.Canceled, http.StatusServiceUnavailable},
	}
}

// hook answers POST /hooks/FLOW/TOKEN, where the name of a flow may hold slashes. The token
// comes before everything: whoever lacks it takes no place, no memory and nothing of the limits
// of those who have it.
func (s *Server) hook(w http.ResponseWriter, r *http.Request) {
	flow, token, ok := hookAddress(r)
	if !ok || !s.hooks.Admits(flow, token) {
		s.refuseStranger(w, r)
		return
	}
	if wait := s.hookWait(flow, pace.Sender(r, s.config.Proxy)); wait > 0 {
		s.refuseHook(w, r, flow, http.StatusTooManyRequests, wait)
		return
	}
	leave, ok := s.places.enter(r.Context(), flow)
	if !ok {
		s.refuseHook(w, r, flow, http.StatusServiceUnavailable, unavailablePause)
		return
	}
	defer leave()
	body, status := event(w, r)
	if status != http.StatusOK {
		s.refuseHook(w, r, flow, status, 0)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), receiveBudget)
	defer cancel()
	s.answerHook(w, r, flow, s.hooks.Receive(ctx, flow, r.Header, body))
}

// hookAddress splits the path into flow and token.
func hookAddress(r *http.Request) (flow, token string, ok bool) {
	where := r.PathValue("where")
	cut := strings.LastIndexByte(where, '/')
	if cut <= 0 || cut == len(where)-1 {
		return "", "", false
	}
	return where[:cut], where[cut+1:], true
}

// hookWait counts an event of an admitted sender, or returns when it is to come again.
func (s *Server) hookWait(flow string, from netip.Prefix) time.Duration {
	if wait := s.hookRate.Take(hookSender{flow, from}); wait > 0 {
		return wait
	}
	return s.flowRate.Take(flow)
}

// event reads the body, or returns the status that refuses it.
func event(w http.ResponseWriter, r *http.Request) ([]byte, int) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset := params["charset"]
	if err != nil || kind != "application/json" || (charset != "" && !strings.EqualFold(charset, "utf-8")) {
		return nil, http.StatusUnsupportedMediaType
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return nil, http.StatusUnsupportedMediaType
	}
	if r.ContentLength > maxEvent {
		return nil, http.StatusRequestEntityTooLarge
	}
	// Whatever of the time was spent in waiting is not the sender's fault.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyBudget))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxEvent))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, http.StatusRequestEntityTooLarge
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, http.StatusRequestTimeout
	}
	if err != nil {
		return nil, http.StatusBadRequest
	}
	return body, http.StatusOK
}

// answerHook answers once the receiver has spoken.
func (s *Server) answerHook(w http.ResponseWriter, r *http.Request, flow string, err error) {
	if err == nil {
		s.metrics.hook(http.StatusOK)
		s.logger.InfoContext(r.Context(), "hook.received", "flow", flow, "remote", r.RemoteAddr)
		answer(w, http.StatusOK, "ok")
		return
	}
	status := http.StatusInternalServerError
	for _, known := range refusals() {
		if errors.Is(err, known.is) {
			status = known.status
			break
		}
	}
	level, failed := slog.LevelWarn, status >= http.StatusInternalServerError
	if failed {
		level = slog.LevelError
	}
	s.tally.log(r.Context(), level, kind{failed, flow, status}, "remote", r.RemoteAddr, "err", err)
	s.metrics.hook(status)
	if status == http.StatusServiceUnavailable {
		answerLater(w, status, unavailablePause, "try again later")
		return
	}
	answer(w, status, http.StatusText(status))
}

// hookRefused is the event of a request that was not taken, for its sender's sake.
const hookRefused = "hook.refused"

// refuseHook answers a sender with a right token whose event was not looked at.
func (s *Server) refuseHook(w http.ResponseWriter, r *http.Request, flow string, status int, wait time.Duration) {
	s.metrics.hook(status)
	s.tally.log(r.Context(), slog.LevelWarn, kind{false, flow, status}, "remote", r.RemoteAddr)
	if wait > 0 {
		answerLater(w, status, wait, "try again later")
		return
	}
	answer(w, status, http.StatusText(status))
}

// refuseStranger answers a sender without a right token, whose body is not waited for. The
// log does not say which flow was asked for: that part of the path may be a token in the wrong
// place.
func (s *Server) refuseStranger(w http.ResponseWriter, r *http.Request) {
	status, wait := http.StatusNotFound, s.strangerRate.Take(pace.Sender(r, s.config.Proxy))
	if wait > 0 {
		status = http.StatusTooManyRequests
	}
	s.metrics.hook(status)
	s.tally.log(r.Context(), slog.LevelInfo, kind{false, "", status}, "remote", r.RemoteAddr)
	if r.ContentLength != 0 {
		// The server would wait for the rest of the body, as long as it takes.
		w.Header().Set("Connection", "close")
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(strangerBudget))
	}
	if wait > 0 {
		answerLater(w, status, wait, "try again later")
		return
	}
	answer(w, status, http.StatusText(status))
}
