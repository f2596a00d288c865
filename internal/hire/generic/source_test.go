package generic

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/secret"
)

func TestConfigFaultsAreReportedTogether(t *testing.T) {
	t.Parallel()
	env := secret.Ref{Env: "X"}
	for _, tt := range []struct {
		name   string
		config Config
		token  secret.Ref
		want   []string
	}{
		{"nothing", Config{}, secret.Ref{}, nil},
		{"signed", Config{Secret: env, Separator: ",", Encoding: "windows-1252"}, env, nil},
		{"a signature of nothing", Config{Secret: env}, secret.Ref{}, []string{"secret"}},
		{"everything wrong", Config{Secret: secret.Ref{Env: "A", File: "b"}, Separator: "ab", Encoding: "x"}, env, []string{"encoding", "secret", "separator"}},
	} {
		var got []string
		tt.config.Validate(hire.Config{WebhookToken: tt.token}, func(key, _ string) { got = append(got, key) })
		slices.Sort(got)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: faults at %q, want %q", tt.name, got, tt.want)
		}
	}
}

// With a secret nothing counts that is not signed; events and files have the name of the ATS.
func TestSourceAsConfigured(t *testing.T) {
	t.Setenv("SECRET_OF_A_TEST", "whsec_Y2FuYXJ5LXNlY3JldA==")
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	flow := hire.Flow{Config: hire.Config{Source: "arca24"}, Zone: zone}
	w := hire.Webhook{Header: http.Header{}, Body: []byte(`{"externalId":"1","lastName":"Rossi","firstName":"Ada","mail":"a@x.example"}`), At: arrival}

	if _, err := New(Config{Secret: secret.Ref{Env: "SECRET_OF_A_TEST"}}, flow).Webhook.Webhook(t.Context(), w); !errors.Is(err, hire.ErrSignature) {
		t.Errorf("unsigned: %v", err)
	}
	events, err := New(Config{}, flow).Webhook.Webhook(t.Context(), w)
	if err != nil || len(events) != 1 || events[0].Source != "arca24" {
		t.Errorf("%+v, %v", events, err)
	}
	file, err := New(Config{Separator: ","}, flow).File.File(strings.NewReader("externalId,lastName,firstName,mail\r\n1,Rossi,Ada,a@x.example\r\n"), arrival)
	if err != nil || file.Rows != 1 || len(file.Events) != 1 || file.Events[0].Source != "arca24" {
		t.Errorf("%+v, %v", file, err)
	}
}
