// Package fault makes errors of a known kind with details: their text begins with that of the
// kind, "invalid name: contains a path separator", and callers branch on the kind with errors.Is.
// Where there is an error beneath, fmt.Errorf wraps it, with %w last.
package fault

import "fmt"

// Of returns an error that is kind, with details. The arguments are those of fmt.Sprintf.
func Of(kind error, format string, args ...any) error {
	return &fault{kind, fmt.Sprintf(format, args...)}
}

// As returns an error that is kind, in words of its own.
func As(kind error, format string, args ...any) error {
	return &worded{kind, fmt.Sprintf(format, args...)}
}

type worded struct {
	kind error
	text string
}

// Error is the text.
func (w *worded) Error() string { return w.text }

// Unwrap returns the kind.
func (w *worded) Unwrap() error { return w.kind }

// Hint returns an error that is err, with what to do about it. The arguments are those of
// fmt.Sprintf.
func Hint(err error, format string, args ...any) error {
	return &hinted{err, fmt.Sprintf(format, args...)}
}

type hinted struct {
	error
	hint string
}

// Error is the error and the hint.
func (h *hinted) Error() string { return h.error.Error() + "; " + h.hint }

// Unwrap returns the error.
func (h *hinted) Unwrap() error { return h.error }

type fault struct {
	kind    error
	details string
}

// Error is the kind and the details.
func (f *fault) Error() string { return f.kind.Error() + ": " + f.details }

// Unwrap returns the kind.
func (f *fault) Unwrap() error { return f.kind }
