package lucca

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"

	"lucca-exchange/internal/httpapi"
)

// Errors that callers branch on.
var (
	// ErrUnauthorized: Lucca does not know the API key (401). Never retried.
	ErrUnauthorized = errors.New("the API key is not accepted: check lucca.api_key")
	// ErrForbidden: the role of the API key lacks a right (403). Never retried.
	ErrForbidden = errors.New("the API key may not do this")
	// ErrNotFound: there is no such employee or route (404, 410, and the 500 "User Not Found"
	// of v3).
	ErrNotFound = errors.New("not found in Lucca")
	// ErrRejected: Lucca refuses the request as it is (any other 4xx).
	ErrRejected = errors.New("request refused by Lucca")
	// ErrRateLimited: still too many requests after waiting as told (429).
	ErrRateLimited = errors.New("too many requests")
	// ErrUnavailable: the network or Lucca failed, also when tried again.
	ErrUnavailable = errors.New("Lucca cannot be reached") //nolint:staticcheck // a proper noun
	// ErrProxy: it cannot since the proxy that the environment names does not let it be.
	ErrProxy = httpapi.ErrProxy
	// ErrMalformed: the answer is not one of the Lucca API: a web page, a redirect, broken
	// JSON, a missing id, an impossible date.
	ErrMalformed = errors.New("unexpected answer")
	// ErrDoubt: what asked Lucca to create something was sent, and no answer tells whether it
	// was created. Look before asking again; it wraps what went wrong.
	ErrDoubt = errors.New("Lucca may have applied the change") //nolint:staticcheck // a proper noun
	// ErrNotKept: Lucca took a change and shows another end of contract than the one sent.
	ErrNotKept = errors.New("Lucca shows another end of contract than the one that was sent") //nolint:staticcheck // a proper noun
	// ErrChanged: a list changed while it was read, twice in a row.
	ErrChanged = errors.New("the list changed while it was read")
)

// refusal is an answer by which Lucca refuses a request for good.
type refusal struct {
	status  int
	message string
	class   error
}

// Error quotes Lucca where its text says what to mend. That of a 404 and of a 500 may name
// people, and that of a write is cleaned.
func (r *refusal) Error() string {
	if r.message == "" || errors.Is(r.class, ErrNotFound) {
		return fmt.Sprintf("status %d: %v", r.status, r.class)
	}
	return fmt.Sprintf("status %d %q: %v", r.status, r.message, r.class)
}

func (r *refusal) Unwrap() error { return r.class }

// Message returns the sentence with which Lucca refused a write, as far as it can be shown
// to anybody: see cleaner. It is empty for other errors.
func Message(err error) string {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.message
	}
	return ""
}

// classify turns the status of an answer into an error, or nil for success. Texts of
// 4xx answers are quoted, after clean if there is one, since they say what to mend; those
// of other answers are not, since they may name people.
func classify(a httpapi.Answer, clean func(string) string) error {
	status, body := a.Status, a.Body
	if status == http.StatusOK {
		return nil
	}
	msg := message(body)
	notFound := status == http.StatusNotFound || status == http.StatusGone ||
		status == http.StatusInternalServerError && strings.Contains(strings.ToLower(msg), "not found")
	if clean != nil {
		msg = clean(msg)
	}
	switch {
	case status == http.StatusUnauthorized:
		return fmt.Errorf("status 401: %w", ErrUnauthorized)
	case status == http.StatusTooManyRequests:
		return httpapi.Later(a, ErrRateLimited)
	case notFound:
		return &refusal{status, msg, ErrNotFound}
	case httpapi.MayPass(status):
		return httpapi.Later(a, ErrUnavailable)
	case status == http.StatusForbidden:
		return &refusal{status, msg, ErrForbidden}
	case status >= http.StatusBadRequest && isHTML(body):
		return fmt.Errorf("status %d with a web page: check lucca.url: %w", status, ErrMalformed)
	case status >= http.StatusBadRequest:
		return &refusal{status, msg, ErrRejected}
	case status >= http.StatusMultipleChoices:
		return fmt.Errorf("status %d, a redirect, which is not followed: check lucca.url: %w", status, ErrMalformed)
	default:
		return fmt.Errorf("status %d: %w", status, ErrMalformed)
	}
}

// isBadRequest reports whether Lucca refuses a request as it is.
func isBadRequest(err error) bool {
	r, ok := errors.AsType[*refusal](err)
	return ok && r.status == http.StatusBadRequest
}

// maxMessage bounds a text of Lucca in our errors, in runes.
const maxMessage = 200

// message returns what an error answer says, shortened and without control characters:
// v3 sends {"Status","Message"}, v4 problem+json or {"error"}, and v3's framework plain
// text that it calls JSON.
func message(body []byte) string {
	var e struct{ Message, Detail, Title, Error any }
	text := ""
	if err := json.Unmarshal(body, &e); err == nil {
		for _, v := range []any{e.Message, e.Detail, e.Title, e.Error} {
			if s, ok := v.(string); ok && text == "" {
				text = s
			}
		}
	} else if !isHTML(body) && !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		text = string(body[:min(len(body), maxMessage*4)])
	}
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
	if runes := []rune(text); len(runes) > maxMessage {
		return string(runes[:maxMessage]) + "…"
	}
	return text
}

func isHTML(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(body), []byte("<"))
}
