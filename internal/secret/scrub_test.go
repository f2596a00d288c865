package secret_test

import (
	"strings"
	"testing"

	"lucca-exchange/internal/secret"
)

func TestATextOfAServerLosesTheSecretsInEveryForm(t *testing.T) {
	t.Parallel()
	s := secret.NewScrubber(secret.NewValue("pa55/wörd +1"), secret.NewValue("-----BEGIN KEY-----\nAAAAC3NzaC1lZDI1\n"), secret.NewValue("abc"))
	for text, want := range map[string]string{
		"530 no such user with pa55/wörd +1":         "530 no such user with [redacted]",
		"530 PASSWORD PA55/WÖRD +1 IS WRONG":         "530 PASSWORD [redacted] IS WRONG",
		"X'706135352F77C3B67264202B31'":              "X'[redacted]'",
		"PASS pa55%2Fw%C3%B6rd+%2B1":                 "PASS [redacted]",
		"dir /pa55%2Fw%C3%B6rd%20+1":                 "dir /[redacted]",
		"Basic cGE1NS93w7ZyZCArMQ==":                 "Basic [redacted]",
		"706135352f77c3b67264202b31":                 "[redacted]",
		"key AAAAC3NzaC1lZDI1":                       "key [redacted]",
		"a\x1b[2Jb\u202ec\u200bd\r\ne":               "a[2Jbcd  e",
		"a short one, abc, is a word like any other": "a short one, abc, is a word like any other",
	} {
		if got := s.Text(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	if got := s.Text(strings.Repeat("é", 100_000)); len(got) > 4010 {
		t.Errorf("%d bytes are left", len(got))
	}
}

func TestWhatMayBeASecretItselfIsNotRepeated(t *testing.T) {
	t.Parallel()
	for _, ref := range []secret.Ref{
		{Env: "hunter2-is-my-password"}, {Env: "Hunter2"}, {Env: "AKIAIOSFODNN7EXAMPLE"}, {File: "/nowhere/S3cr3tP4ss"},
	} {
		_, err := ref.Resolve()
		if err == nil {
			t.Fatal("it was read")
		}
		for _, text := range []string{"unter2", "AKIA", "S3cr3t"} {
			if strings.Contains(err.Error(), text) {
				t.Errorf("%v", err)
			}
		}
	}
}

// TestAPasswordThatIsAWordIsNotToldByAHole: who reads "wrong [redacted]" knows the password. What a
// server says is another matter.
func TestAPasswordThatIsAWordIsNotToldByAHole(t *testing.T) {
	const sentence = "the server refuses the password of Payroll, not that of payroll7"
	for value, ours := range map[string]string{
		"password": sentence, "Payroll": sentence, "PASSWORD": sentence,
		"payroll7":             "the server refuses the password of Payroll, not that of [redacted]",
		"refuses the password": "the server [redacted] of Payroll, not that of payroll7",
	} {
		t.Setenv("SECRET", value)
		ref := secret.Ref{Env: "SECRET"}
		if got := secret.Ours(ref).Redact(sentence); got != ours {
			t.Errorf("%s: %q, want %q", value, got, ours)
		}
		if got := secret.Known(ref).Text("530 no " + value); got != "530 no [redacted]" {
			t.Errorf("%s: %q", value, got)
		}
	}
}
