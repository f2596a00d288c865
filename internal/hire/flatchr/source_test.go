package flatchr

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/hire"
	sandbox "lucca-exchange/internal/sandbox/flatchr"
	"lucca-exchange/internal/secret"
)

// polling is the source of a flow that may ask a stand-in.
func polling(t *testing.T, s *sandbox.Server, columns ...string) hire.Source {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}
	return New(Config{Company: company, APIKey: secret.Ref{File: file}, URL: server.URL, Columns: columns},
		hire.Flow{Zone: paris(t), Version: "test", Logger: slog.New(slog.DiscardHandler)})
}

// What is not configured is no way by which hires come.
func TestSourceHasTheWaysOfItsKeys(t *testing.T) {
	t.Parallel()
	hooked := New(Config{}, hire.Flow{})
	if hooked.Webhook == nil || hooked.Poll != nil || hooked.Check != nil || hooked.File != nil || hooked.PollKeys == "" {
		t.Errorf("without keys: %+v", hooked)
	}
	polled := polling(t, ats(t))
	if polled.Webhook == nil || polled.Poll == nil || polled.Check == nil || polled.File != nil {
		t.Errorf("with keys: %+v", polled)
	}
}

// A Flatchr that does not answer is asked again soon, but not by each webhook; one that does
// is asked once.
func TestWebhooksDoNotAskEachForThemselves(t *testing.T) {
	t.Parallel()
	s := ats(t)
	id := apply(t, s, sandbox.Applicant{VacancyID: s.AddVacancy(sandbox.Vacancy{Title: "Vendeur"}), LastName: "Rossi", FirstName: "Ada"}, arrival)
	body, err := s.MoveToHired(id, arrival)
	if err != nil {
		t.Fatal(err)
	}
	w := hire.Webhook{Body: []byte(strings.ReplaceAll(string(body), `"hired":true`, `"hired":null`)), At: arrival}
	from := polling(t, s)
	s.Inject(sandbox.Fault{Status: http.StatusForbidden, Times: 1})
	for range 3 {
		if _, err := from.Webhook.Webhook(t.Context(), w); !errors.Is(err, ErrUnauthorized) {
			t.Errorf("without Flatchr: %v", err)
		}
	}
	if got := s.Requests(); len(got) != 1 {
		t.Errorf("a Flatchr that does not answer was asked %d times for as many webhooks", len(got))
	}
	from.Webhook.(*source).board.at = time.Now().Add(-boardFailed)
	for range 3 {
		if events, err := from.Webhook.Webhook(t.Context(), w); err != nil || len(events) != 1 {
			t.Errorf("%d events, %v", len(events), err)
		}
	}
	if got := s.Requests(); len(got) != 3 {
		t.Errorf("Flatchr had %q, want one that fails and two", got)
	}
}

// The check says which columns mean hired, and what is wrong with those that are named.
func TestCheckListsTheColumns(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		columns []string
		want    string
		ok      bool
	}{
		{"as Flatchr marks them", nil, `; hired: "Recruté"`, true},
		{"by title", []string{"Entretien"}, `"Entretien", "Recruté"; hired: "Entretien"`, true},
		{"a column that is not there", []string{"Embauche"}, `no column ["Embauche"]`, false},
	} {
		found, err := polling(t, ats(t), tt.columns...).Check.Check(t.Context())
		text := found
		if err != nil {
			text = err.Error()
		}
		if (err == nil) != tt.ok || !strings.Contains(text, tt.want) {
			t.Errorf("%s: %q, %v", tt.name, found, err)
		}
	}
}
