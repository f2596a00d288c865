package app_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/demo"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/secret"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/wrap"
)

// wrapping is an instance with one flow, whose file is compressed and encrypted.
type wrapping struct {
	*app.App
	dir      string
	identity *age.X25519Identity
}

func newWrapping(t *testing.T, limits string) wrapping {
	t.Helper()
	tenant := sandbox.New(sandbox.NewCompany(40, 1, time.Now()), sandbox.Options{
		Keys: []sandbox.Key{{Secret: demo.Key}}, RequestsPerMinute: -1,
	})
	server := httptest.NewServer(tenant)
	t.Cleanup(server.Close)
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	w := wrapping{dir: t.TempDir(), identity: identity}
	w.write(t, "key", demo.Key)
	w.write(t, "identity", identity.String())
	w.write(t, "partner.txt", identity.Recipient().String())
	if err := os.Mkdir(filepath.Join(w.dir, "out"), 0o700); err != nil {
		t.Fatal(err)
	}
	path := w.write(t, "lucca-exchange.yaml", fmt.Sprintf(`
lucca: {url: %q, api_key: {file: ./key}, requests_per_minute: 6000}
remotes: {partner: {type: dir, dir: ./out}}
flows:
  nightly:
    export: {profile: skillup, limits: %s}
    to: partner
    file: users.csv
    wrap: [gzip, {age: {recipients_file: ./partner.txt, suffix: ""}}]
`, server.URL, limits))
	c, faults := config.Load(path, app.Registry())
	if c == nil {
		t.Fatal(faults)
	}
	w.App, err = app.Open(t.Context(), app.Options{Config: c, Logger: slog.New(slog.DiscardHandler), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w wrapping) write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// partnerReads does what the partner does with the delivered file, and checks that the
// run tells of it.
func (w wrapping) partnerReads(t *testing.T, record state.Record) []byte {
	t.Helper()
	b := read(t, filepath.Join(w.dir, "out", "users.csv.gz"))
	if record.File == nil || record.File.Name != "users.csv.gz" || record.File.Bytes != int64(len(b)) || record.File.SHA256 != sum(b) {
		t.Errorf("the run says that it sent %+v", record.File)
	}
	u, err := wrap.NewUnwrapper(wrap.UnwrapConfig{
		{Age: &wrap.AgeDecrypt{Identity: secret.Ref{File: filepath.Join(w.dir, "identity")}}}, {Gzip: &wrap.Gunzip{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var plain bytes.Buffer
	if _, err := u.Unwrap(t.Context(), &plain, wrap.File{Content: bytes.NewReader(b), Size: int64(len(b)), Name: "users.csv.gz"}, wrap.Caps{}); err != nil {
		t.Fatal(err)
	}
	if p := record.File.Plain; p == nil || p.Name != "users.csv" || p.SHA256 != sum(plain.Bytes()) || p.Bytes != int64(plain.Len()) {
		t.Errorf("the run says that the plain file was %+v", p)
	}
	return plain.Bytes()
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

func TestExportIsSentWrapped(t *testing.T) {
	t.Parallel()
	w := newWrapping(t, "{max_rejected: 100%}")
	result, err := w.Run(t.Context(), "nightly", app.RunOptions{})
	if err != nil || result.Run.Outcome != run.Done && result.Run.Outcome != run.Rejections {
		t.Fatal(result.Run.Outcome, result.Run.Reason, err)
	}
	plain := w.partnerReads(t, result.Run)
	header, _, _ := strings.Cut(string(plain), "\n")
	if len(result.Preview) < 2 || !strings.HasPrefix(header, result.Preview[0][0]) {
		t.Errorf("the preview %v is not of the plain file", result.Preview)
	}
	if !bytes.Equal(plain, read(t, result.Path)) {
		t.Error("the file that is kept is not the plain one")
	}
	w.explains(t, result.Preview[1][0])
}

// explains checks that the store's answer is read from the plain file.
func (w wrapping) explains(t *testing.T, login string) {
	t.Helper()
	found, err := w.Inspect().Explain(t.Context(), "nightly", login)
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	if value := found[0].Columns[0].Value; found[0].File != "users.csv" || value == nil || *value != login {
		t.Errorf("%s is explained by %q, with first value %v", login, found[0].File, value)
	}
}

// What is approved is the very file that was wrapped when the run was held, even when the
// key has gone since.
func TestApprovalSendsTheFileWrappedWhenTheRunWasHeld(t *testing.T) {
	t.Parallel()
	w := newWrapping(t, "{min_rows: 1000}")
	held, err := w.Run(t.Context(), "nightly", app.RunOptions{})
	if err != nil || held.Run.Outcome != run.Held {
		t.Fatal(held.Run.Outcome, held.Run.Reason, err)
	}
	if err := os.Remove(filepath.Join(w.dir, "partner.txt")); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(filepath.Join(w.dir, "out")); err != nil || len(entries) > 0 {
		t.Fatal("something was sent", entries, err)
	}
	approved, err := w.Acts().Approve(t.Context(), held.Run.ID, audit.Entry{Act: audit.Approve})
	if err != nil {
		t.Fatal(err)
	}
	if approved.Run.File == nil || approved.Run.File.SHA256 != held.Run.File.SHA256 {
		t.Errorf("sent %+v, held %+v", approved.Run.File, held.Run.File)
	}
	w.partnerReads(t, approved.Run)
}

// A key that has gone since the configuration was read fails the run, and nothing is sent.
func TestRunWithoutItsKeySendsNothing(t *testing.T) {
	t.Parallel()
	w := newWrapping(t, "{max_rejected: 100%}")
	w.write(t, "partner.txt", "age1nothing")
	result, err := w.Run(t.Context(), "nightly", app.RunOptions{})
	if err != nil || result.Run.Outcome != run.Failed {
		t.Fatal(result.Run.Outcome, err)
	}
	if want := "wrap[1].age.recipients_file: want public keys that begin with age1"; !strings.Contains(result.Run.Reason, want) {
		t.Errorf("reason %q does not say %q", result.Run.Reason, want)
	}
	if entries, err := os.ReadDir(filepath.Join(w.dir, "out")); err != nil || len(entries) > 0 {
		t.Error("something was sent", entries, err)
	}
}
