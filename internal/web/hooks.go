package web

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"
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
	// Receive stores an event durably; only nil is answered with 200. It checks the token
	// first, in constant time, and returns ErrNotFound for a wrong one as for an unknown
	// flow; any other error says that flow and token were right. It may be called with the
	// same event again, and from many goroutines. Its errors hold no personal data.
	Receive(ctx context.Context, flow, token string, header http.Header, body []byte) error
}

// Bounds on hooks.
const (
	// maxEvent is in bytes; the events of the sources are of some KiB.
	maxEvent = 1 << 20
	// maxReceiving times maxEvent is what hooks can take of memory.
	maxReceiving  = 64
	receiveBudget = 10 * time.Second
)

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

// hook answers POST /hooks/FLOW/TOKEN, where the name of a flow may hold slashes. What is
// refused before Receive is logged without the flow: that part of the path may be a token
// in the wrong place.
func (s *Server) hook(w http.ResponseWriter, r *http.Request) {
	if wait := s.hookRate.take(r.RemoteAddr); wait > 0 {
		s.refuseHook(w, r, http.StatusTooManyRequests, wait)
		return
	}
	select {
	case s.receiving <- struct{}{}:
		defer func() { <-s.receiving }()
	default:
		s.refuseHook(w, r, http.StatusServiceUnavailable, unavailablePause)
		return
	}
	where := r.PathValue("where")
	cut := strings.LastIndexByte(where, '/')
	if cut <= 0 || cut == len(where)-1 {
		s.refuseHook(w, r, http.StatusNotFound, 0)
		return
	}
	body, status := event(w, r)
	if status != http.StatusOK {
		s.refuseHook(w, r, status, 0)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), receiveBudget)
	defer cancel()
	flow, token := where[:cut], where[cut+1:]
	s.answerHook(w, r, flow, s.hooks.Receive(ctx, flow, token, r.Header, body))
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
	switch {
	case status == http.StatusNotFound:
		s.refuseHook(w, r, status, 0)
		return
	case status >= http.StatusInternalServerError:
		s.logger.ErrorContext(r.Context(), "hook.failed", "flow", flow, "status", status, "remote", r.RemoteAddr, "err", err)
	default:
		s.logger.WarnContext(r.Context(), "hook.refused", "flow", flow, "status", status, "remote", r.RemoteAddr, "err", err)
	}
	s.metrics.hook(status)
	if status == http.StatusServiceUnavailable {
		answerLater(w, status, unavailablePause, "try again later")
		return
	}
	answer(w, status, http.StatusText(status))
}

// refuseHook answers before the sender has shown a right token.
func (s *Server) refuseHook(w http.ResponseWriter, r *http.Request, status int, wait time.Duration) {
	s.metrics.hook(status)
	s.logger.InfoContext(r.Context(), "hook.refused", "status", status, "remote", r.RemoteAddr)
	if wait > 0 {
		answerLater(w, status, wait, "try again later")
		return
	}
	answer(w, status, http.StatusText(status))
}
