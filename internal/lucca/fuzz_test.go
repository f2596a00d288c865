package lucca

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"lucca-exchange/internal/httpapi"
	"lucca-exchange/internal/roster"
)

// checkPage feeds one page to a list and requires that it is either refused, with an
// error of ours that does not repeat it, or taken whole.
func checkPage[T any](t *testing.T, l list[T], body []byte, inAnswer func() (items int)) []T {
	t.Helper()
	r := reading[T]{list: l, seen: make(map[int]struct{})}
	done, err := r.add(body)
	if err != nil {
		if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrChanged) {
			t.Fatalf("an error without a class: %v", err)
		}
		if strings.Contains(err.Error(), "canary") {
			t.Fatalf("the error repeats the answer: %v", err)
		}
		return nil
	}
	if n := inAnswer(); len(r.items) != n {
		t.Fatalf("%d items of %d were taken", len(r.items), n)
	}
	if done && r.counted && len(r.items) != r.total {
		t.Fatalf("done with %d of %d", len(r.items), r.total)
	}
	if done && !r.counted && len(r.items) > 0 && !l.generation.cursor {
		t.Fatal("done without having seen the end")
	}
	return r.items
}

func FuzzUsersPage(f *testing.F) {
	for _, seed := range []string{
		`{"header":{"generated":"x"},"data":{"items":[{"id":1,"login":"a"},{"id":2,"login":null}],"count":2}}`,
		`{"data":{"items":[{"id":1,"extendedData":{"e_site":{"id":9,"value":"Lyon"},"e_hr":[{"id":1,"value":{"id":3}}]}}]}}`,
		`{"data":{"items":[{"id":1,"userAxisValues_3":{"id":31,"name":"V"},"birthDate":"1990-05-17T00:00:00.000"}],"count":1000}}`,
		`{"data":{"items":[]}}`,
		`{"data":{"items":[{"id":1,"legalEntity":{"id":3,"name":"canary"},"login":{}}]}}`,
		`{"Status":500,"Message":"canary"}`,
		`<html>canary`,
		`{"data":{"items":[{"id":1}],"count":1`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		c := Config{Extensions: map[string]string{"hr_manager": "e_hr", "site": "e_site"}}
		q := roster.Query{Fields: 1<<24 - 1, Axes: []int{3}, Codes: []string{"e_badge"}}
		employees := checkPage(t, users(newUserDecoder(c, q)), body, func() int {
			var w struct{ Data struct{ Items []any } }
			if err := json.Unmarshal(body, &w); err != nil {
				t.Fatal("accepted what is not JSON")
			}
			return len(w.Data.Items)
		})
		for i := range employees {
			if e := &employees[i]; e.ID <= 0 {
				t.Fatalf("employee id %d", e.ID)
			}
		}
	})
}

func FuzzV4Page(f *testing.F) {
	for _, seed := range []string{
		`{"items":[{"id":5,"amount":3200.10,"startsOn":"2026-01-01","endsOn":null,"nature":{"category":{"code":"BASIC_SALARY"}},"workContract":{"ownerId":1}}],"count":1,"next":null}`,
		`{"items":[{"id":5,"amount":1e9,"nature":{"category":{"code":"canary"}},"workContract":{"owner":{"id":1}}}],"next":"!abc"}`,
		`{"items":[],"count":0,"next":3}`,
		`{"items":null}`,
		`{"type":"about:blank","title":"canary","status":500}`,
		`{"items":[{"id":1},{"id":1}],"next":"https://acme.ilucca.net/x?page=2"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		items := func() int {
			var w struct{ Items []any }
			if err := json.Unmarshal(body, &w); err != nil {
				t.Fatal("accepted what is not JSON")
			}
			return len(w.Items)
		}
		checkPage(t, payItems(), body, items)
		checkPage(t, contracts(allContracts), body, items)
		checkPage(t, establishments(), body, items)
	})
}

func FuzzAnswerToAWrite(f *testing.F) {
	for _, seed := range []string{
		`{"data":{"id":7,"login":"canary"}}`, `{"data":{"id":null}}`, `{"id":611,"ownerId":7}`, `{"Status":200,"Message":"canary"}`,
		`{"Message":""}`, `{"data":{"id":7},"message":5}`, `<html>canary`, `{"data":{"id":7`, `[]`, `null`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		clean := func(string) string { return "" }
		for _, read := range []idReader{v3ID, v4ID} {
			id, err := read(body, clean)
			switch {
			case err == nil && id <= 0:
				t.Fatalf("the id is %d", id)
			case err != nil && !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrRejected):
				t.Fatalf("an error without a class: %v", err)
			case err != nil && strings.Contains(err.Error(), "canary"):
				t.Fatalf("the error repeats the answer: %v", err)
			}
		}
	})
}

func FuzzCleaner(f *testing.F) {
	f.Add("The login canary is already used by a@b.example, 'x', \"y\" and 12345")
	f.Add("L'utilisateur «canary» n'existe pas: 06 12 34 56 78")
	f.Add("CANARY canarycanary '")
	f.Fuzz(func(t *testing.T, text string) {
		got := cleaner(Properties{"login": "canary", "e_site": map[string]any{"value": "Lyon"}})(text)
		if strings.Contains(strings.ToLower(got), "canary") || strings.Contains(strings.ToLower(got), "lyon") || strings.Contains(got, "@") {
			t.Fatalf("%q became %q", text, got)
		}
	})
}

func FuzzV5Page(f *testing.F) {
	for _, seed := range []string{
		`{"items":[{"id":"101","email":"canary","applicableEmployment":{"id":"1","type":"employment","url":"x"}}],"totalCount":1,"links":{"next":null}}`,
		`{"items":[{"id":"101","definition":{"id":"e_x"},"employee":{"id":"7"},"value":{"id":"12","type":"taxonomy-label"}}],"embedded":{"taxonomy-label":{"12":{"name":"M"}}},"totalCount":1}`,
		`{"items":[{"id":"a-b","parent":{"id":"a-b"},"level":3}],"links":{"next":{"href":"https://acme.ilucca.net/lucca-api/x?page=!abc"}}}`,
		`{"items":[{"id":"1","start":{"date":"2026-02-31"},"end":{"date":"canary"},"employee":{"id":"1"}}],"totalCount":3}`,
		`{"items":[{"id":"1","legalGender":"male","birthDate":"1990-05-17","employee":{"id":"1"}}],"links":{}}`,
		`{"items":[{"id":1}],"totalCount":1}`,
		`{"items":[],"totalCount":0}`,
		`{"items":null,"links":{"next":{"href":"%"}}}`,
		`{"type":"about:blank","title":"canary","status":500}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		inAnswer := func() int {
			var w struct{ Items []any }
			if err := json.Unmarshal(body, &w); err != nil {
				t.Fatal("accepted what is not JSON")
			}
			return len(w.Items)
		}
		p := &people{contracts: map[identifier]contractV5{}, positions: map[identifier]wirePosition{}, records: map[identifier]recordV5{}}
		p.all = checkPage(t, employees(roster.Query{}, nil), body, inAnswer)
		for _, w := range checkPage(t, employments(nil), body, inAnswer) {
			requireClass(t, p.addContract(w))
		}
		for _, w := range checkPage(t, jobPositions(), body, inAnswer) {
			p.positions[w.ID] = w
		}
		for _, w := range checkPage(t, personalRecords(), body, inAnswer) {
			requireClass(t, p.addRecord(w))
		}
		names := make(fieldNames)
		for _, w := range checkPage(t, customFields([]string{"e_x"}, names)[0], body, inAnswer) {
			_, err := names.text(w.Value)
			requireClass(t, err)
			_ = w.code()
		}
		_, err := tree(checkPage(t, departmentsV5(), body, inAnswer))
		requireClass(t, err)
		for _, e := range p.employees(roster.Query{Fields: 1<<24 - 1}) {
			if e.ID <= 0 {
				t.Fatalf("employee id %d", e.ID)
			}
		}
	})
}

// requireClass requires of an error that it is one of ours and repeats nothing.
func requireClass(t *testing.T, err error) {
	t.Helper()
	if err != nil && (!errors.Is(err, ErrMalformed) && !errors.Is(err, ErrScope) || strings.Contains(err.Error(), "canary")) {
		t.Fatalf("an error without a class, or with the answer in it: %v", err)
	}
}

func FuzzToken(f *testing.F) {
	for _, seed := range []string{
		`{"access_token":"abc","token_type":"Bearer","expires_in":1800}`,
		`{"access_token":"canary\n","token_type":"bearer","expires_in":"x"}`,
		`{"access_token":"abc","token_type":"Bearer","expires_in":-5,"scope":"a b"}`,
		`{"access_token":"abc","token_type":"Bearer","expires_in":1e30,"scope":"employees.readonly"}`,
		`{"error":"invalid_scope","error_description":"canary"}`,
		`{"error":"invalid_client"}`,
		`<html>canary`,
	} {
		f.Add(200, []byte(seed))
		f.Add(400, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		got, err := decodeToken(httpapi.Answer{Status: status, Body: body}, []string{"employees.readonly"})
		switch {
		case err == nil && (got.value == "" || strings.ContainsFunc(got.value, unprintable) || got.life <= 0 || got.life > maxLife):
			t.Fatalf("took %q for %s", got.value, got.life)
		case err != nil && !errors.Is(err, ErrScope) && !errors.Is(err, ErrClient) && !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrUnavailable):
			t.Fatalf("an error without a class: %v", err)
		case err != nil && strings.Contains(err.Error(), "canary"):
			t.Fatalf("the error repeats the answer: %v", err)
		}
	})
}
