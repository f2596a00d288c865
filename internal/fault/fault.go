// Package fault makes errors of a known kind with details: their text begins with that of the
// kind, "invalid name: contains a path separator", and callers branch on the kind with errors.Is.
// Where there is an error beneath, it is wrapped with %w, which stands last, here and in fmt.Errorf.
package fault

import "fmt"

// Of returns an error that is kind, with details, and whatever error they wrap. The arguments are
// those of fmt.Errorf.
func Of(kind error, format string, args ...any) error {
	return Wrap(kind, fmt.Errorf(format, args...))
}

// Wrap returns an error that is kind, and cause: "out of reach: connection refused".
func Wrap(kind, cause error) error {
	return &fault{kind, cause, true}
}

// As returns an error that is kind, in words of its own, and whatever error they wrap. The
// arguments are those of fmt.Errorf.
func As(kind error, format string, args ...any) error {
	return &fault{kind, fmt.Errorf(format, args...), false}
}

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
	kind, details error
	named         bool // the text begins with that of kind
}

// Error is the kind, where it is named, and the details.
func (f *fault) Error() string {
	if f.named {
		return f.kind.Error() + ": " + f.details.Error()
	}
	return f.details.Error()
}

// Unwrap returns the kind and the details.
func (f *fault) Unwrap() []error { return []error{f.kind, f.details} }
