package flow

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"lucca-exchange/internal/account"
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

// TestAFlowThatThisMachineDoesNotLetStartSaysSo: /readyz is red by these words, and by no others.
func TestAFlowThatThisMachineDoesNotLetStartSaysSo(t *testing.T) {
	t.Parallel()
	_, unread := secret.Ref{File: filepath.Join(t.TempDir(), "api_key")}.Resolve()
	for _, tt := range []struct {
		err  error
		says bool
	}{
		{unread, true},
		{fmt.Errorf("create spool file: %w", account.ErrForeign), true},
		{fmt.Errorf("list: %w", fs.ErrPermission), false}, // a partner's
		{errors.New("read Lucca: down"), false},
	} {
		var r Result
		r.fail(t.Context(), tt.err)
		if r.Outcome != run.Failed || strings.HasPrefix(r.Reason, run.Unstarted) != tt.says {
			t.Errorf("%v became %q", tt.err, r.Reason)
		}
	}
}
