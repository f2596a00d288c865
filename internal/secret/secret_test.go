package secret_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lucca-exchange/internal/secret"
)

func TestValueNeverPrints(t *testing.T) {
	t.Parallel()
	const canary = "canary-7d1f"
	v := secret.NewValue(canary)
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "secret", v, "nested", struct{ V secret.Value }{v})
	fmt.Fprintf(&out, "%v %+v %#v %s %q %x", v, v, struct{ V secret.Value }{v}, v, v, v)
	if err := json.NewEncoder(&out).Encode(map[string]any{"v": v}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), canary) || strings.Contains(out.String(), fmt.Sprintf("%x", canary)) {
		t.Errorf("the secret is in the output: %s", out.String())
	}
	if v.Reveal() != canary {
		t.Error("Reveal does not return the secret")
	}
}

func TestResolveEnvironment(t *testing.T) {
	t.Setenv("LUCCA_EXCHANGE_TEST_SECRET", "s3cret")
	v, err := secret.Ref{Env: "LUCCA_EXCHANGE_TEST_SECRET"}.Resolve()
	if err != nil || v.Reveal() != "s3cret" {
		t.Fatalf("Resolve() = %q, %v", v.Reveal(), err)
	}
	_, err = secret.Ref{Env: "LUCCA_EXCHANGE_TEST_UNSET"}.Resolve()
	if !errors.Is(err, secret.ErrUnreadable) || !strings.Contains(err.Error(), "LUCCA_EXCHANGE_TEST_UNSET is not set") {
		t.Errorf("error of an unset variable: %v", err)
	}
}

func TestResolveFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, tt := range []struct {
		name, path, want, fault string
	}{
		{"one line end is dropped", write("ok", "s3cret\n", 0o600), "s3cret", ""},
		{"a key keeps its inner lines", write("key", "a\nb\r\n", 0o400), "a\nb", ""},
		{"others can read", write("open", "s3cret", 0o644), "", "run chmod 600"},
		{"a public key that others can read", write("id.pub", "ssh-ed25519 AAAA me", 0o644), "", "is a public key or a certificate: name the file of the private key"},
		{"a certificate that others can read", write("c.pem", "-----BEGIN CERTIFICATE-----", 0o644), "", "is a public key or a certificate"},
		{"empty", write("empty", "\n", 0o600), "", "is empty"},
		{"missing", filepath.Join(dir, "missing"), "", "no such file"},
		{"a directory", dir, "", "not a regular file"},
		{"huge", write("huge", strings.Repeat("x", 70<<10), 0o600), "", "more than 65536 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v, err := secret.Ref{File: tt.path}.Resolve()
			if tt.fault == "" {
				if err != nil || v.Reveal() != tt.want {
					t.Fatalf("Resolve() = %q, %v; want %q", v.Reveal(), err, tt.want)
				}
				return
			}
			if !errors.Is(err, secret.ErrUnreadable) || !strings.Contains(err.Error(), tt.fault) {
				t.Errorf("error = %v, want one that says %q", err, tt.fault)
			}
		})
	}
}

func TestRefNamesExactlyOneSource(t *testing.T) {
	t.Parallel()
	for _, r := range []secret.Ref{{}, {Env: "A", File: "b"}} {
		if r.Validate() == nil {
			t.Errorf("%+v passes", r)
		}
	}
}

// systemd shows a credential as readable by a group that it is not for (systemd issue 29435).
func TestACredentialOfSystemdIsAccepted(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	if err := os.WriteFile(path, []byte("abc\n"), 0o440); err != nil {
		t.Fatal(err)
	}
	ref := secret.Ref{File: path}
	if _, err := ref.Resolve(); err == nil {
		t.Error("a file that a group can read was accepted")
	}
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	if v, err := ref.Resolve(); err != nil || v.Reveal() != "abc" {
		t.Errorf("got %v", err)
	}
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
	if _, err := ref.Resolve(); err == nil {
		t.Error("a file that everybody can read was accepted")
	}
}
