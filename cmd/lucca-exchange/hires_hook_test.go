package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/sandbox/flatchr"
	"lucca-exchange/internal/state"
)

// TestHiresFiveHundredWebhooks sends 500 webhooks twice each in random order, and kills the
// daemon in the middle: there are 500 employees, each once. Polling finds all of them again
// and changes nothing.
func TestHiresFiveHundredWebhooks(t *testing.T) {
	t.Parallel()
	const hires = 500
	r := newRecruiting(t, crowd(time.Now(), 600), "limits: {creates: 100%}")
	before := r.employees()
	bodies := make([][]byte, 0, 2*hires)
	for i := range hires {
		body := r.hooked(t, flatchr.Applicant{
			FirstName: "Zoé", LastName: fmt.Sprintf("Lefèvre-%c%c%c", 'A'+i/26%26, 'a'+i%26, 'a'+i/676), Email: fmt.Sprintf("zoe%d@mail.example", i),
		})
		bodies = append(bodies, body, body)
	}
	rand.Shuffle(len(bodies), func(i, j int) { bodies[i], bodies[j] = bodies[j], bodies[i] })
	d := r.start(t)
	var address atomic.Pointer[string]
	address.Store(&d.address)
	work := make(chan []byte)
	half := make(chan struct{})
	var taken atomic.Int64
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for body := range work {
				for post(t, *address.Load(), body) != http.StatusOK {
					if t.Context().Err() != nil {
						return
					}
					<-time.After(20 * time.Millisecond) // a sender that tries again
				}
				if taken.Add(1) == hires {
					close(half)
				}
			}
		})
	}
	go func() {
		defer close(work)
		for _, body := range bodies {
			select {
			case work <- body:
			case <-t.Context().Done():
				return
			}
		}
	}()
	<-half
	d.kill()
	d = r.start(t)
	address.Store(&d.address)
	senders.Wait()
	eventually(t, "everybody is an employee", func() bool { return r.employees()-before >= hires })
	list := r.settled(t, hires)
	d.stop(t)
	if got := r.employees() - before; got != hires {
		t.Errorf("%d employees, want %d", got, hires)
	}
	people := map[int]bool{}
	for _, h := range list {
		if h.State == state.HireApplied {
			people[h.EmployeeID] = true
		}
	}
	if len(people) != hires || people[0] {
		t.Errorf("the applied hires are %d people", len(people))
	}
	r.tenant.ResetRequests()
	record, code := r.run(t)
	if code != 0 || record.Outcome != run.Nothing {
		t.Errorf("the poll ends as %s, exit code %d: %s", record.Outcome, code, record.Reason)
	}
	if got := r.employees() - before; got != hires {
		t.Errorf("%d employees after the poll, want %d", got, hires)
	}
	if states := r.states(t); states[state.HireApplied] != hires || states[state.HireLinked] != hires {
		t.Errorf("the hires are %v, want each applied once, and once found again", states)
	}
}

// TestHiresHooksWithoutEffect sends what is no hire: other events are acknowledged, anything
// hostile is refused, and nothing is stored, run or created.
func TestHiresHooksWithoutEffect(t *testing.T) {
	t.Parallel()
	r := newRecruiting(t, company(time.Now()), "")
	before := r.employees()
	d := r.start(t)
	id := r.candidate(t, flatchr.Applicant{FirstName: "Canary", LastName: "Unhired", Email: "canary.unhired@mail.example", Phone: "06 39 98 77 66"})
	elsewhere, err := r.ats.Move(id, "Entretien", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	good := string(r.recruit(t, id))
	change := func(from, to string) []byte {
		t.Helper()
		if !strings.Contains(good, from) {
			t.Fatalf("the webhook does not hold %s", from)
		}
		return []byte(strings.ReplaceAll(good, from, to))
	}
	hook := "/hooks/ats/" + hookToken
	for _, tt := range []struct {
		name   string
		path   string
		body   []byte
		status int
		header []string
	}{
		{"another column", hook, elsewhere, 200, nil},
		{"another event", hook, []byte(`{"event": "new_applicant", "company_id": 60, "data": {"applicant": {"id": "x"}}}`), 200, nil},
		{"wrong token", "/hooks/ats/canary-token-of-the-hooK", []byte(good), 404, nil},
		{"no token", "/hooks/ats/", []byte(good), 404, nil},
		{"a longer token", hook + "x", []byte(good), 404, nil},
		{"another flow", "/hooks/none/" + hookToken, []byte(good), 404, nil},
		{"not JSON by its type", hook, []byte(good), 415, []string{"Content-Type", "text/plain"}},
		{"not JSON by its charset", hook, []byte(good), 415, []string{"Content-Type", "application/json; charset=iso-8859-1"}},
		{"compressed", hook, []byte(good), 415, []string{"Content-Encoding", "gzip"}},
		{"huge", hook, []byte(`{"event": "` + strings.Repeat("x", 2<<20) + `"}`), 413, nil},
		{"empty", hook, nil, 400, nil},
		{"not JSON", hook, []byte("event=drag_applicant"), 400, nil},
		{"cut", hook, []byte(good[:len(good)-1]), 400, nil},
		{"two documents", hook, []byte(good + good), 400, nil},
		{"null", hook, []byte("null"), 400, nil},
		{"a list", hook, []byte("[" + good + "]"), 400, nil},
		{"not UTF-8", hook, change(`Unhired`, "\xff"), 400, nil},
		{"deep", hook, []byte(`{"event": ` + strings.Repeat(`[`, 100_000) + strings.Repeat(`]`, 100_000) + `}`), 400, nil},
		{"the same key twice", hook, change(`"event":"drag_applicant"`, `"event":"drag_applicant","event":"drag_applicant"`), 400, nil},
		{"an event that is a number", hook, change(`"event":"drag_applicant"`, `"event":{}`), 400, nil},
		{"data that are a list", hook, []byte(`{"event": "drag_applicant", "data": []}`), 400, nil},
		{"a name that is an object", hook, change(`"lastname":"Unhired"`, `"lastname":{"a":1}`), 400, nil},
		{"an address that is a list", hook, change(`"email":"canary.unhired@mail.example"`, `"email":["a"]`), 400, nil},
		{"a name of a book", hook, change("Unhired", strings.Repeat("x", 5000)), 400, nil},
		{"no application", hook, []byte(`{"event": "drag_applicant", "data": {"column": {"id": 1, "hired": true}, "candidate": {"lastname": "Unhired"}}}`), 400, nil},
	} {
		if got := postTo(t, d.address, tt.path, tt.body, tt.header...); got != tt.status {
			t.Errorf("%s: answered with %d, want %d", tt.name, got, tt.status)
		}
	}
	d.stop(t)
	if list, runs := r.hires(t), r.runs(t); len(list)+len(runs) > 0 || r.employees() != before {
		t.Errorf("there are %d hires, %d runs, %d new employees", len(list), len(runs), r.employees()-before)
	}
	unspoken(t, d.said.String())
}

// unspoken checks that a text holds nothing of a candidate, none of the words, and no secret.
func unspoken(t testing.TB, text string, words ...string) {
	t.Helper()
	for _, word := range append(append(secrets(), words...), flatchrKey, hookToken, hookSecret, "unhired", "mail.example", "06 39 98 77 66", "39987766") {
		if strings.Contains(strings.ToLower(text), strings.ToLower(word)) {
			t.Errorf("it says %q", word)
		}
	}
}

// TestHiresFormsOfAWebhook sends the forms in which ids and columns come, again and again:
// each person is one employee.
func TestHiresFormsOfAWebhook(t *testing.T) {
	t.Parallel()
	r := newRecruiting(t, company(time.Now()), "")
	d := r.start(t)
	before := r.employees()
	forms := func(last string, from ...string) []byte {
		t.Helper()
		body := string(r.hooked(t, flatchr.Applicant{FirstName: "Ann", LastName: last, Email: last + "@mail.example"}))
		for i := 0; i+1 < len(from); i += 2 {
			found := regexp.MustCompile(from[i])
			if !found.MatchString(body) {
				t.Fatalf("the webhook does not hold %s", from[i])
			}
			body = found.ReplaceAllString(body, from[i+1])
		}
		return []byte(body)
	}
	for _, body := range [][]byte{
		forms("plain"),
		forms("texts", `"(applicant_id|candidate_id|company_id)":(\d+)`, `"$1":"$2"`),
		forms("number", `"column":\{[^}]*\}`, `"column":697`),
		forms("encoded", `"column":\{[^}]*\}`, `"column":null`),
		forms("truth", `"hired":true`, `"hired":"true"`),
	} {
		r.accepted(t, d, body)
		r.accepted(t, d, body)
	}
	list := r.settled(t, 5)
	r.accepted(t, d, forms("later"))
	r.settled(t, 6)
	d.stop(t)
	if got := r.employees() - before; got != 6 {
		t.Errorf("%d employees, want 6", got)
	}
	for _, h := range list {
		if h.Source != "flatchr" || h.State != state.HireApplied && h.State != state.HireLinked {
			t.Errorf("the hire is %+v", h)
		}
	}
	unspoken(t, d.said.String())
}

// TestHiresTargetColumn: a customer whose candidates are hired in another column.
func TestHiresTargetColumn(t *testing.T) {
	t.Parallel()
	r := newRecruiting(t, company(time.Now()), "columns: [entretien]")
	d := r.start(t)
	before := r.employees()
	first := r.candidate(t, flatchr.Applicant{FirstName: "Ann", LastName: "Target", Email: "a@mail.example"})
	second := r.candidate(t, flatchr.Applicant{FirstName: "Bob", LastName: "Lost", Email: "b@mail.example"})
	for _, column := range []string{"Recruté", "Entretien"} {
		body, err := r.ats.Move(first, column, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		r.accepted(t, d, body)
		if _, err := r.ats.Move(second, column, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	r.settled(t, 1)
	d.stop(t)
	r.run(t)
	if got := r.employees() - before; got != 2 {
		t.Errorf("%d employees, want the one of the webhook and the one of the poll", got)
	}
}

// TestHiresSignatures: with a secret only what is signed now, by Standard Webhooks, counts.
func TestHiresSignatures(t *testing.T) {
	t.Parallel()
	r := newRecruiting(t, company(time.Now()), "source: generic, secret: {env: HOOK_SECRET}")
	before := r.employees()
	d := r.start(t)
	body := []byte(`{"externalId": "a", "lastName": "Signed", "firstName": "Ann", "mail": "ann.signed@acme.example"}`)
	sign := func(body []byte, at time.Time, secret string) []string {
		t.Helper()
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil {
			t.Fatal(err)
		}
		stamp := strconv.FormatInt(at.Unix(), 10)
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "msg_1.%s.%s", stamp, body)
		return []string{
			"Webhook-Id", "msg_1", "Webhook-Timestamp", stamp,
			"Webhook-Signature", "v1,AAAA v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)),
		}
	}
	for name, header := range map[string][]string{
		"unsigned":          nil,
		"another secret":    sign(body, time.Now(), "whsec_AAAA"),
		"another body":      sign([]byte("{}"), time.Now(), hookSecret),
		"an old signature":  sign(body, time.Now().Add(-time.Hour), hookSecret),
		"one of the future": sign(body, time.Now().Add(time.Hour), hookSecret),
	} {
		if status := post(t, d.address, body, header...); status != http.StatusUnauthorized {
			t.Errorf("%s: answered with %d", name, status)
		}
	}
	if n := len(r.hires(t)); n > 0 {
		t.Errorf("%d hires are stored", n)
	}
	for range 2 {
		r.accepted(t, d, body, sign(body, time.Now(), hookSecret)...)
	}
	r.settled(t, 1)
	for what, bad := range map[string]string{
		"an empty list": "[]", "a list of texts": `["a"]`, "no names": `{"externalId": "b", "mail": "a@b.example"}`,
		"no address": `{"externalId": "b", "lastName": "A", "firstName": "B"}`, "no id": `{"lastName": "A", "firstName": "B", "mail": "a@b.example"}`,
		"one bad of two": `[{"externalId": "b", "lastName": "A", "firstName": "B", "mail": "a@b.example"}, {"externalId": "c"}]`,
		"one id twice":   `[{"externalId": "b", "lastName": "A", "firstName": "B", "mail": "a@b.example"}, {"externalId": "b", "lastName": "A", "firstName": "B", "mail": "a@b.example"}]`,
	} {
		if status := post(t, d.address, []byte(bad), sign([]byte(bad), time.Now(), hookSecret)...); status != http.StatusBadRequest {
			t.Errorf("%s: answered with %d", what, status)
		}
	}
	d.stop(t)
	if got := r.employees() - before; got != 1 || len(r.hires(t)) != 1 {
		t.Errorf("%d employees of %d hires, want one", got, len(r.hires(t)))
	}
	unspoken(t, strings.ReplaceAll(d.said.String(), "ann.signed", "mail.example"))
}
