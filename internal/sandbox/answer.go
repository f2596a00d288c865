package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// answer is a whole HTTP answer.
type answer struct {
	status      int
	contentType string
	retryAfter  string
	location    string
	// apiVersion is the version of the Lucca API (v5) that answered.
	apiVersion string
	body       []byte
}

const (
	jsonType    = "application/json; charset=utf-8"
	problemType = "application/problem+json; charset=utf-8"
	htmlType    = "text/html; charset=utf-8"
	maxBody     = 1 << 20
)

func success(body []byte) answer {
	return answer{status: http.StatusOK, contentType: jsonType, body: body}
}

func successOf(value any) answer {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err) // our own types always have a JSON form
	}
	return success(body)
}

// failure is an error in the style of the generation that the path belongs to.
func failure(path string, status int, message string) answer {
	var a answer
	if strings.HasPrefix(path, "/api/") {
		// The capitals are v3's.
		a = successOf(struct {
			Status  int
			Message string
		}{status, message})
	} else {
		a = successOf(map[string]any{
			"type": fmt.Sprintf("https://httpstatuses.io/%d", status), "title": http.StatusText(status),
			"status": status, "detail": message,
		})
		a.contentType = problemType
	}
	a.status = status
	return a
}

func (c *call) fail(status int, message string) answer {
	return failure(c.http.URL.Path, status, message)
}

// refused is 400 for the request's own faults.
func (c *call) refused(err error) answer { return c.fail(http.StatusBadRequest, err.Error()) }

func notFound(c *call) answer { return c.fail(http.StatusNotFound, "Resource not found") }

// gone answers the routes that Lucca shut down in September 2026.
func gone(c *call) answer {
	return c.fail(http.StatusGone, "This endpoint is no longer available, use /organization/structure/api/establishments")
}

// data wraps a v3 payload.
func (c *call) data(payload []byte) answer {
	b := []byte{'{'}
	if c.tenant.opts.Header {
		b = append(b, `"header":{"generated":"`...)
		b = time.Now().UTC().AppendFormat(b, "2006-01-02T15:04:05.000")
		b = append(b, `","principal":"lucca-exchange"},`...)
	}
	b = append(b, `"data":`...)
	return success(append(append(b, payload...), '}'))
}

// endpoint is a route: limits, rights and faults around one handler.
type endpoint struct {
	tenant *Tenant
	handle func(*call) answer
}

func (e endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t := e.tenant
	_, route, found := strings.Cut(r.Pattern, " ")
	if !found {
		route = "unknown"
	}
	if wait, limited := t.rate.admit(time.Now()); limited {
		a := failure(r.URL.Path, http.StatusTooManyRequests, "Too many requests")
		if !t.opts.NoRetryAfter {
			a.retryAfter = strconv.Itoa(int(wait/time.Second) + 1)
		}
		t.log.add(r.Method, route, a.status)
		a.send(w)
		return
	}
	if a, off := t.off(r); off {
		t.log.add(r.Method, route, a.status)
		a.send(w)
		return
	}
	if end, ends := t.opts.Ends[r.URL.Path]; ends {
		// RFC 9745 and RFC 8594.
		w.Header().Set("Deprecation", "@"+strconv.FormatInt(end.AddDate(0, -6, 0).Unix(), 10))
		w.Header().Set("Sunset", end.UTC().Format(http.TimeFormat))
	}
	fault, faulty := t.faults.claim(r)
	if !faulty {
		a := e.answer(r, fault)
		t.log.add(r.Method, route, a.status)
		a.send(w)
		return
	}
	fault.play(w, r, route, e)
}

// off is the answer of a route that is not served.
func (t *Tenant) off(r *http.Request) (answer, bool) {
	status := t.opts.Off[r.URL.Path]
	switch {
	case status == 0:
		return answer{}, false
	case status >= 300 && status < 400:
		return answer{status: status, contentType: htmlType, location: "/sign-in", body: []byte(loginPage)}, true
	default:
		return failure(r.URL.Path, status, http.StatusText(status)), true
	}
}

// answer runs the handler, under the tenant's lock.
func (e endpoint) answer(r *http.Request, f Fault) answer {
	key, scopes := e.tenant.authorize(r)
	if key == nil {
		return failure(r.URL.Path, http.StatusUnauthorized, "Unauthorized")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return failure(r.URL.Path, http.StatusBadRequest, "Request body ended early")
	}
	if len(body) > maxBody {
		return failure(r.URL.Path, http.StatusRequestEntityTooLarge, "Request body is too large")
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		e.tenant.mu.RLock()
		defer e.tenant.mu.RUnlock()
	} else {
		e.tenant.mu.Lock()
		defer e.tenant.mu.Unlock()
	}
	query := url.Values{}
	for name, values := range r.URL.Query() {
		name = strings.ToLower(name)
		query[name] = append(query[name], values...)
	}
	return e.handle(&call{view: e.tenant.view(r, key, scopes), http: r, body: body, query: query, fault: f.Kind})
}

func (a answer) head(w http.ResponseWriter) {
	w.Header().Set("Content-Type", a.contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	if a.retryAfter != "" {
		w.Header().Set("Retry-After", a.retryAfter)
	}
	if a.location != "" {
		w.Header().Set("Location", a.location)
	}
	if a.apiVersion != "" {
		w.Header().Set("Api-Version", a.apiVersion)
	}
	w.WriteHeader(a.status)
}

func (a answer) send(w http.ResponseWriter) {
	a.head(w)
	_, _ = w.Write(a.body) // a client that left cannot be told
}
