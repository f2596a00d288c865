package hire

import (
	"slices"
	"strings"
	"testing"

	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/secret"
)

func TestConfigFaultsAreReportedTogether(t *testing.T) {
	t.Parallel()
	env := secret.Ref{Env: "X"}
	for _, tt := range []struct {
		name   string
		config Config
		want   []string
	}{
		{"the least", Config{Source: "generic"}, nil},
		{"all", Config{
			Source: "arca24", WebhookToken: env, Country: "de", ContractType: "e_contract", Login: "{first}.{last}",
			Defaults: plan.Defaults{Values: map[string]string{"legalEntity": "Acme"}},
		}, nil},
		{"nothing", Config{}, nil},
		{"everything wrong", Config{
			Source: "workday", WebhookToken: secret.Ref{Env: "A", File: "b"}, Country: "France", ContractType: "contract", Login: "{x}",
			Defaults: plan.Defaults{Values: map[string]string{"nonsense": "1"}},
		}, []string{"contract_type", "country", "defaults.nonsense", "login", "webhook_token"}},
	} {
		var got []string
		tt.config.Validate(func(key, _ string) { got = append(got, key) })
		slices.Sort(got)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: faults at %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestTokenThatCanBeGuessed: it is all that a sender has to know.
func TestTokenThatCanBeGuessed(t *testing.T) {
	for token, want := range map[string]int{"": 0, "secret": 1, "1234567890123456789": 1, "12345678901234567890": 0} {
		t.Setenv("HOOK_TOKEN_OF_A_TEST", token)
		var got []string
		Config{Source: "generic", WebhookToken: secret.Ref{Env: "HOOK_TOKEN_OF_A_TEST"}}.Validate(func(key, message string) {
			got = append(got, key)
			if key != "webhook_token" || token != "" && strings.Contains(message, token) {
				t.Errorf("fault at %s: %s", key, message)
			}
		})
		if len(got) != want {
			t.Errorf("%d characters: %d faults, want %d", len(token), len(got), want)
		}
	}
}
