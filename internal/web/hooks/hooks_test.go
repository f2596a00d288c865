package hooks

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/flow/hires"
	"lucca-exchange/internal/hire"
	source "lucca-exchange/internal/hire/flatchr"
	"lucca-exchange/internal/sandbox/flatchr"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web"
)

const hookToken = "canary-2c1e-of-twenty-and-more"

// hooked is a receiver with the flow ats, and its Flatchr.
func hooked(t testing.TB, hires string) (h *Receiver, ats *flatchr.Server, queued *atomic.Int32) {
	t.Helper()
	ats = flatchr.New(flatchr.Options{Company: "G6KzqPnNLyp31m0l", Key: hookToken})
	server := httptest.NewServer(ats)
	t.Cleanup(server.Close)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte(hookToken), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "lucca-exchange.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, `
web: {}
lucca: {url: "https://acme.ilucca.net", api_key: {file: ./secret}}
flows:
  ats: {hires: {source: flatchr, webhook_token: {file: ./secret}, %s}}
  none: {hires: {source: flatchr, company: a, api_key: {file: ./secret}}}
`, strings.ReplaceAll(hires, "URL", server.URL)), 0o600); err != nil {
		t.Fatal(err)
	}
	c, faults := config.Load(file, config.Registry{
		Sources: []config.Source{config.NewSource(source.Source, source.Config{}, source.New)},
	})
	if c == nil {
		t.Fatal(faults)
	}
	l, err := state.Open(t.Context(), c.State)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	i := Instance{Store: l, Logger: slog.New(slog.DiscardHandler), Sources: make(map[string]hire.Source), Tokens: TokensOf(c)}
	for name, f := range c.Flows {
		i.Sources[name] = f.Hires.Open(hire.Flow{Config: f.Hires.HireConfig, Zone: f.Zone, Version: "test", Logger: i.Logger})
	}
	queued = new(atomic.Int32)
	return New(func() Instance { return i }, func(string) { queued.Add(1) }), ats, queued
}

// recruited is the webhook of somebody new.
func recruited(t *testing.T, ats *flatchr.Server) []byte {
	t.Helper()
	id, err := ats.AddApplicant(flatchr.Applicant{
		VacancyID: ats.AddVacancy(flatchr.Vacancy{Title: "Vendeur", ContractType: 2}), FirstName: "Ada", LastName: "Rossi", Email: "ada@mail.example",
	}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	body, err := ats.MoveToHired(id, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// stored is the only hire of the flow ats.
func stored(t *testing.T, h *Receiver) hires.Stored {
	t.Helper()
	all, err := h.instance().Store.HireBook().Hires(t.Context(), state.HireFilter{Flow: "ats"})
	if err != nil || len(all) != 1 {
		t.Fatalf("%d hires, %v", len(all), err)
	}
	s, err := hires.Decode(all[0])
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestHooksAreForFlowAndToken: whatever of the two is wrong, the answer is the same.
func TestHooksAreForFlowAndToken(t *testing.T) {
	t.Parallel()
	h, ats, queued := hooked(t, "columns: [Recruté]")
	body := recruited(t, ats)
	for _, where := range [][2]string{
		{"ats", "canary-2c1f"}, {"ats", ""}, {"ats", hookToken + " "}, {"nosuch", hookToken}, {"", ""},
		{"none", ""}, {"none", hookToken},
	} {
		if h.Admits(where[0], where[1]) {
			t.Errorf("%q is let in", where)
		}
	}
	if !h.Admits("ats", hookToken) {
		t.Error("the right token is not let in")
	}
	for range 3 {
		if err := h.Receive(t.Context(), "ats", http.Header{}, body); err != nil {
			t.Error(err)
		}
	}
	asked := queued.Load()
	if asked == 0 || h.Receive(t.Context(), "ats", http.Header{}, body) != nil || queued.Load() != asked {
		t.Error("a run is to be asked for by what is new, and by that alone")
	}
	if len(ats.Requests()) != 0 {
		t.Errorf("Flatchr had %q", ats.Requests())
	}
	if got := stored(t, h).Event.LastName; got != "Rossi" {
		t.Errorf("stored %q", got)
	}
}

// TestHooksAskFlatchrForWhatTheyLack: for columns and contract types, once; a hire does not wait
// for its contract type.
func TestHooksAskFlatchrForWhatTheyLack(t *testing.T) {
	t.Parallel()
	const polls = "company: G6KzqPnNLyp31m0l, url: URL, api_key: {file: ./secret}"
	t.Run("contract type", func(t *testing.T) {
		t.Parallel()
		for _, keys := range []string{polls, polls + ", contract_type: e_contract"} {
			h, ats, _ := hooked(t, keys)
			if err := h.Receive(t.Context(), "ats", nil, recruited(t, ats)); err != nil {
				t.Fatal(err)
			}
			if got := stored(t, h).Event; got.ContractType != "CDD" || len(got.Notes) > 0 {
				t.Errorf("%s: stored %+v", keys, got)
			}
		}
	})
	t.Run("contract type without Flatchr", func(t *testing.T) {
		t.Parallel()
		h, ats, _ := hooked(t, polls+", contract_type: e_contract")
		body := recruited(t, ats)
		ats.Inject(flatchr.Fault{Status: http.StatusForbidden, Times: -1})
		if err := h.Receive(t.Context(), "ats", nil, body); err != nil {
			t.Fatal(err)
		}
		if got := stored(t, h).Event; got.ContractType != "" || len(got.Notes) != 1 {
			t.Errorf("stored %+v", got)
		}
	})
	t.Run("column", func(t *testing.T) {
		t.Parallel()
		h, ats, _ := hooked(t, polls)
		body := []byte(strings.ReplaceAll(string(recruited(t, ats)), `"hired":true`, `"hired":null`))
		for range 3 {
			if err := h.Receive(t.Context(), "ats", nil, body); err != nil {
				t.Error(err)
			}
		}
		if got := ats.Requests(); len(got) != 2 {
			t.Errorf("Flatchr had %q, want columns and contract types once", got)
		}
		stored(t, h)
	})
	t.Run("column without Flatchr", func(t *testing.T) {
		t.Parallel()
		h, ats, _ := hooked(t, polls)
		body := []byte(strings.ReplaceAll(string(recruited(t, ats)), `"hired":true`, `"hired":null`))
		ats.Inject(flatchr.Fault{Status: http.StatusForbidden, Times: -1})
		if err := h.Receive(t.Context(), "ats", nil, body); !errors.Is(err, web.ErrUnavailable) {
			t.Errorf("got %v, want to have it sent again", err)
		}
	})
}
