package secret

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Logger returns a logger that logs none of the secrets that refs lists, whoever says one on the
// way. They are read again when the last reading is a second old.
func Logger(to *slog.Logger, refs func() []Ref) *slog.Logger {
	var (
		mu    sync.Mutex
		known Scrubber
		read  time.Time
	)
	return slog.New(LogHandler(to.Handler(), func() Scrubber {
		mu.Lock()
		defer mu.Unlock()
		if at := time.Now(); read.IsZero() || at.Sub(read) >= time.Second || at.Before(read) {
			known, read = Ours(refs()...), at
		}
		return known
	}))
}

// LogHandler returns a handler that passes on to next what holds no secret: what others said is
// logged between the steps of a run too. scrubber is asked at each record, since secrets change.
func LogHandler(next slog.Handler, scrubber func() Scrubber) slog.Handler {
	return &logHandler{next, scrubber}
}

type logHandler struct {
	next     slog.Handler
	scrubber func() Scrubber
}

// Enabled asks the next handler.
func (h *logHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle passes the record on.
func (h *logHandler) Handle(ctx context.Context, r slog.Record) error {
	s := h.scrubber()
	clean := slog.NewRecord(r.Time, r.Level, s.Redact(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(s.attr(a))
		return true
	})
	return h.next.Handle(ctx, clean)
}

// WithAttrs keeps attributes for all records.
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	s, clean := h.scrubber(), make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = s.attr(a)
	}
	return &logHandler{h.next.WithAttrs(clean), h.scrubber}
}

// WithGroup opens a group.
func (h *logHandler) WithGroup(name string) slog.Handler {
	return &logHandler{h.next.WithGroup(name), h.scrubber}
}

// attr returns an attribute without the secrets. Texts and errors can hold what others said.
func (s Scrubber) attr(a slog.Attr) slog.Attr {
	switch v := a.Value.Resolve(); v.Kind() {
	case slog.KindString:
		return slog.String(a.Key, s.Redact(v.String()))
	case slog.KindGroup:
		var parts []any
		for _, part := range v.Group() {
			parts = append(parts, s.attr(part))
		}
		return slog.Group(a.Key, parts...)
	case slog.KindAny:
		if err, ok := v.Any().(error); ok {
			return slog.Any(a.Key, s.Error(err))
		}
	}
	return a
}
