package app_test

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/ledger"
	"lucca-exchange/internal/remote/dir"
	"lucca-exchange/internal/sandbox"
)

// shelf is a transport that only this test knows: a folder by another key.
type shelf struct {
	Board string `yaml:"board"`
}

func (s shelf) Under(dir string) shelf { s.Board = filepath.Join(dir, s.Board); return s }

func (s shelf) Validate(func(key, message string)) {}

func (s shelf) Address() string { return s.Board }

func (s shelf) CanRead() bool { return true }

func (s shelf) remote() *dir.Remote { return dir.New(dir.Config{Dir: s.Board}) }

// A transport is its own package and one line of the registry.
func TestTransportIsOneLine(t *testing.T) {
	t.Parallel()
	registry := app.Registry()
	registry.Transports = append(registry.Transports, config.NewTransport("shelf", shelf{}, shelf.remote))

	server := httptest.NewServer(sandbox.New(sandbox.NewCompany(40, 1, time.Now()), sandbox.Options{
		Keys: []sandbox.Key{{Secret: app.SandboxKey}}, RequestsPerMinute: -1,
	}))
	t.Cleanup(server.Close)
	folder := t.TempDir()
	path := filepath.Join(folder, "lucca-exchange.yaml")
	for name, content := range map[string]string{"key": app.SandboxKey, "lucca-exchange.yaml": fmt.Sprintf(`
lucca: {url: %q, api_key: {file: ./key}, requests_per_minute: 6000}
remotes: {partner: {type: shelf, board: out}}
flows: {nightly: {export: {profile: skillup, limits: {max_rejected: 100%%}}, to: partner, file: users.csv}}
`, server.URL)} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "out"), 0o700); err != nil {
		t.Fatal(err)
	}
	c, faults := config.Load(path, registry)
	if c == nil {
		t.Fatal(faults)
	}
	a, err := app.Open(t.Context(), app.Options{Config: c, Logger: slog.New(slog.DiscardHandler), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	result, err := a.Run(t.Context(), "nightly", app.RunOptions{})
	if err != nil || result.Run.Outcome != ledger.Done && result.Run.Outcome != ledger.Rejections {
		t.Fatal(result.Run.Outcome, result.Run.Reason, err)
	}
	if b, err := os.ReadFile(filepath.Join(folder, "out", "users.csv")); err != nil || len(b) == 0 {
		t.Error(len(b), err)
	}
}
