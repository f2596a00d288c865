package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
)

// tagged gives what is read a tag of its content, and answers 304 to whoever has that already: a
// program that looks every minute is sent what changed (RFC 9110 §8.8.3 and §13.1.2).
func tagged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			next.ServeHTTP(w, r)
			return
		}
		held := &heldAnswer{header: w.Header(), status: http.StatusOK}
		next.ServeHTTP(held, r)
		if held.status == http.StatusOK {
			sum := sha256.Sum256(held.body.Bytes())
			tag := `"` + hex.EncodeToString(sum[:12]) + `"`
			w.Header().Set("ETag", tag)
			w.Header().Set("Cache-Control", "private, no-cache")
			link(w.Header(), r, held.body.Bytes())
			if matches(r.Header.Get("If-None-Match"), tag) {
				w.Header().Del("Content-Type")
				w.Header().Del("Content-Length")
				w.WriteHeader(http.StatusNotModified)
				return
			}
		}
		w.WriteHeader(held.status)
		_, _ = w.Write(held.body.Bytes()) // a client that is gone
	})
}

// link has the address of the next page in a header too (RFC 8288), for clients that follow those.
// Only what is read by GET has one: the next page of a search is another search.
func link(h http.Header, r *http.Request, body []byte) {
	var page struct {
		Next json.RawMessage `json:"next"`
	}
	if json.Unmarshal(body, &page) != nil || len(page.Next) == 0 { // no page, or the last
		return
	}
	to := *r.URL
	q := to.Query()
	q.Set("after", strings.Trim(string(page.Next), `"`))
	to.RawQuery = q.Encode()
	h.Set("Link", "<"+to.RequestURI()+`>; rel="next"`)
}

// matches reports whether a list of tags has one, or is * for any.
func matches(list, tag string) bool {
	for one := range strings.SplitSeq(list, ",") {
		if one = strings.TrimSpace(one); one == "*" || strings.TrimPrefix(one, "W/") == tag {
			return true
		}
	}
	return false
}

// heldAnswer keeps an answer until its tag is known.
type heldAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (h *heldAnswer) Header() http.Header { return h.header }

// WriteHeader implements http.ResponseWriter.
func (h *heldAnswer) WriteHeader(status int) { h.status = status }

// Write implements http.ResponseWriter.
func (h *heldAnswer) Write(b []byte) (int, error) { return h.body.Write(b) }
