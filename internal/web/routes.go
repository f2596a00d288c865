package web

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"path"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// apiRoot is where package web/api answers, which knows this package by way of the configuration.
const apiRoot = "/api/v1/"

// handler is all routes, behind what all of them have.
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", s.guard(atMost(maxScrapes, http.HandlerFunc(s.scrape))))
	if s.hooks != nil {
		mux.HandleFunc("POST /hooks/{where...}", s.hook)
	}
	if s.api != nil {
		mux.Handle(apiRoot, s.api)
	}
	if s.console != nil {
		mux.Handle("/", s.console)
	}
	// Browsers may not be made to send what changes something. Hooks come from servers, and
	// a token in the path is nothing that a browser would add by itself.
	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.AddInsecureBypassPattern("POST /hooks/")
	return s.outermost(sameOrigin.Handler(unclean(mux)))
}

// ready answers with 200, or with 503 and one line per fault: the whole of it only to those
// who may know where the state is.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	err := s.readiness.ready(r.Context())
	if err == nil {
		lines := []string{"ready"}
		if s.remarks != nil && s.insider(r) {
			lines = append(lines, s.remarks(r.Context())...)
		}
		answer(w, http.StatusOK, strings.Join(lines, "\n"))
		return
	}
	text := said
	if s.insider(r) {
		text = error.Error
	}
	answer(w, http.StatusServiceUnavailable, strings.Join(sentences(err, text), "\n"))
}

// sentences are the faults that were joined, one line each.
func sentences(err error, text func(error) string) []string {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var lines []string
		for _, e := range joined.Unwrap() {
			lines = append(lines, sentences(e, text)...)
		}
		return lines
	}
	return []string{strings.Join(strings.Fields(text(err)), " ")}
}

// atMost bounds how many requests are answered at once.
func atMost(n int, next http.Handler) http.Handler {
	running := make(chan struct{}, n)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case running <- struct{}{}:
			defer func() { <-running }()
			next.ServeHTTP(w, r)
		default:
			answerLater(w, http.StatusServiceUnavailable, time.Second, "busy")
		}
	})
}

// unclean refuses paths that the mux would answer with a redirect, which repeats them.
func unclean(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := r.URL.Path; !path.IsAbs(p) || p != path.Clean(p) {
			answer(w, http.StatusNotFound, http.StatusText(http.StatusNotFound))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// outermost sets the headers of every answer, logs the request by its route, and turns a
// panic into an answer.
func (s *Server) outermost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, ctx := time.Now(), r.Context()
		header := w.Header()
		header.Set("Cache-Control", "no-store")
		header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("X-Content-Type-Options", "nosniff")
		if r.TLS != nil {
			header.Set("Strict-Transport-Security", "max-age=31536000")
		}
		seen := &statusWriter{ResponseWriter: w}
		defer func() {
			if fault := recover(); fault != nil {
				s.recovered(ctx, seen, r, fault)
			}
			s.logger.DebugContext(ctx, "request.answered", "method", r.Method, "route", r.Pattern, "status", seen.status,
				"took", time.Since(began), "remote", r.RemoteAddr, "forwarded_for", s.forwardedFor(r))
		}()
		next.ServeHTTP(seen, r)
	})
}

// recovered answers a request whose handler panicked. The value may hold what the request
// held, so that only Go's own faults are logged by their text.
func (s *Server) recovered(ctx context.Context, w *statusWriter, r *http.Request, fault any) {
	if fault == http.ErrAbortHandler { //nolint:errorlint // net/http compares it the same way
		panic(fault)
	}
	text := fmt.Sprintf("panic with a %T", fault)
	if err, ok := fault.(runtime.Error); ok {
		text = err.Error()
	}
	s.logger.ErrorContext(ctx, "request.panicked", "route", r.Pattern, "err", text, "stack", string(debug.Stack()))
	if w.status != 0 {
		// Half an answer is out: only a broken connection still says so.
		panic(http.ErrAbortHandler)
	}
	answer(w, http.StatusInternalServerError, http.StatusText(http.StatusInternalServerError))
}

// forwardedFor is what the declared proxy says of the sender: to be logged, not believed.
func (s *Server) forwardedFor(r *http.Request) string {
	const most = 200
	if !s.config.Proxy {
		return ""
	}
	from := r.Header.Get("X-Forwarded-For")
	return from[:min(len(from), most)]
}

// statusWriter remembers the status.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader remembers the status.
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write answers with 200 unless there was a status.
func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// answer is a text of one line or a few.
func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintln(w, text)
}

// answerLater says when to try again, in whole seconds.
func answerLater(w http.ResponseWriter, status int, wait time.Duration, text string) {
	w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	answer(w, status, text)
}

var _ promhttp.Logger = complaints{}
