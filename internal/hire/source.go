package hire

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"lucca-exchange/internal/finding"
)

// Errors of sources that callers branch on, beside ErrBody.
var (
	// ErrIgnored: a webhook of something else than a hiring. It is acknowledged.
	ErrIgnored = errors.New("not a hiring")
	// ErrSignature: a webhook that is not signed, not by the holder of the secret, or not now.
	// The text may be answered to the sender.
	ErrSignature = errors.New("signature not accepted")
)

// Source is an applicant tracking system (ATS) as it is set up for one flow: the ways by
// which hires come from it. A way that it does not have, or has no keys for, is nil.
type Source struct {
	// Webhook reads what it posts by itself, Poll asks it, File reads what it drops.
	Webhook WebhookReader
	Poll    Poller
	File    FileReader
	// Check tries the connection; nil where there is none to be tried.
	Check Checker
	// PollKeys names the keys that Poll needs, as in "company with api_key"; empty where it
	// cannot be asked at all.
	PollKeys string
}

// Flow is what a source knows of the flow that it serves, beside its own keys.
type Flow struct {
	// Config is what is configured for every source: its name is in the events.
	Config Config
	// Zone is that of the flow: a day is a day there.
	Zone *time.Location
	// Version of the program goes into requests.
	Version string
	// Logger has the name of the flow.
	Logger *slog.Logger
}

// WebhookReader reads webhooks. It may be used by several goroutines.
type WebhookReader interface {
	// Webhook returns the hires of one webhook: all of them, or none. Errors wrap ErrBody,
	// ErrSignature or ErrIgnored; after any other the webhook is to be sent again.
	Webhook(ctx context.Context, w Webhook) ([]Event, error)
}

// Webhook is one, whose sender knew the token.
type Webhook struct {
	Header http.Header
	Body   []byte
	// At is when it arrived.
	At time.Time
}

// Poller asks an ATS.
type Poller interface {
	// Poll returns who was hired since the last poll, and some of whom it returned before.
	Poll(ctx context.Context, p Poll) (Found, error)
}

// Poll says what is asked for.
type Poll struct {
	// Since is when the last poll began.
	Since time.Time
	// Now is the time of a hiring whose answer has none.
	Now time.Time
}

// Found is the answer to a Poll.
type Found struct {
	Events []Event
	// Findings are errors about hires of the answer that cannot be read; the row is their
	// place in it, from 1. They do not keep the others from being found.
	Findings []finding.Finding
}

// FileReader reads dropped files.
type FileReader interface {
	// File reads a file that was written at an instant. The error wraps tabular.ErrRefused
	// when no row of it can be trusted, and the findings have every reason then.
	File(in io.Reader, at time.Time) (File, error)
}

// File is a dropped file.
type File struct {
	// Events are the rows without an error, with their row numbers: the first hire is row 2,
	// as under a header.
	Events []Event
	// Findings are about the file and its rows, the rejected ones among them; when the file
	// is refused as a whole, every reason.
	Findings []finding.Finding
	// Rows counts the hires in the file.
	Rows int
}

// Checker tries the connection to an ATS.
type Checker interface {
	// Address is what is asked.
	Address() string
	// Check asks, and says what it found, or what is wrong and what to do about it.
	Check(ctx context.Context) (found string, err error)
}
