package flow

import (
	"strings"
	"testing"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/secret"
	"lucca-exchange/internal/state"
)

// TestWhatIsKeptOfARunHoldsNoSecretThatAServerSaidBack: a password that a server repeats once went
// into the store, the log, mail and chat.
func TestWhatIsKeptOfARunHoldsNoSecretThatAServerSaidBack(t *testing.T) {
	t.Setenv("SCRUB_PASSWORD", "correct horse/battery")
	l := Life{Secrets: func() secret.Scrubber {
		return secret.Known(secret.Ref{Env: "SCRUB_PASSWORD"}, secret.Ref{Env: "SCRUB_UNSET"})
	}}
	record := state.Record{
		Run: run.Run{
			Flow:   "f",
			Result: run.Result{Reason: "the server answered 530 \"no user acme with correct horse/battery\""},
		},
		Findings: []finding.Finding{{Message: "the server says \"correct+horse%2Fbattery\""}, {Message: "Y29ycmVjdCBob3JzZS9iYXR0ZXJ5"}},
	}
	l.clean(&record)
	for _, text := range []string{record.Reason, record.Findings[0].Message, record.Findings[1].Message} {
		if strings.Contains(text, "horse") || strings.Contains(text, "Y29y") || !strings.Contains(text, "[redacted]") {
			t.Errorf("%s", text)
		}
	}
}
