package app_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/ledger"
	"lucca-exchange/internal/notify"
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

	a, _ := open(t, registry, fmt.Sprintf(`
lucca: {url: %q, api_key: {file: ./key}, requests_per_minute: 6000}
remotes: {partner: {type: shelf, board: out}}
flows: {nightly: {export: {profile: skillup, limits: {max_rejected: 100%%}}, to: partner, file: users.csv}}
`, tenant(t)))
	result, err := a.Run(t.Context(), "nightly", app.RunOptions{})
	if err != nil || result.Run.Outcome != ledger.Done && result.Run.Outcome != ledger.Rejections {
		t.Fatal(result.Run.Outcome, result.Run.Reason, err)
	}
	if result.Run.File == nil || result.Run.File.Bytes == 0 {
		t.Errorf("sent %+v", result.Run.File)
	}
}

// told is a channel that only this test knows: it collects headlines.
type told struct {
	config tell
	got    *[]string
}

type tell struct {
	Whom string `yaml:"whom"`
}

func (c tell) Under(string) tell { return c }

func (c tell) WithDefaults() tell { return c }

func (c tell) Validate(func(key, message string)) {}

func (c told) Send(_ context.Context, m notify.Message) (bool, error) {
	*c.got = append(*c.got, c.config.Whom+": "+m.Word())
	return true, nil
}

// A channel is its own package and one line of the registry.
func TestChannelIsOneLine(t *testing.T) {
	t.Parallel()
	var got []string
	registry := app.Registry()
	registry.Channels = append(registry.Channels, config.NewChannel("pager", func(c tell) (told, error) { return told{c, &got}, nil }))

	a, _ := open(t, registry, fmt.Sprintf(`
lucca: {url: %q, api_key: {file: ./key}, requests_per_minute: 6000}
remotes: {partner: {type: dir, dir: out}}
flows: {nightly: {export: {profile: skillup, limits: {min_rows: 1000}}, to: partner, file: users.csv}}
notify: [{pager: {whom: ann}, on: [held]}]
`, tenant(t)))
	if _, err := a.Run(t.Context(), "nightly", app.RunOptions{}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"ann: held"}; !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

// tenant starts a Lucca of 40 people, and returns its address.
func tenant(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(sandbox.New(sandbox.NewCompany(40, 1, time.Now()), sandbox.Options{
		Keys: []sandbox.Key{{Secret: app.SandboxKey}}, RequestsPerMinute: -1,
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// open makes an instance of a configuration in a folder of its own, with a key and an
// empty folder out; the folder comes beside it.
func open(t *testing.T, registry config.Registry, content string) (a *app.App, folder string) {
	t.Helper()
	folder = t.TempDir()
	for name, content := range map[string]string{"key": app.SandboxKey, "lucca-exchange.yaml": content} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "out"), 0o700); err != nil {
		t.Fatal(err)
	}
	c, faults := config.Load(filepath.Join(folder, "lucca-exchange.yaml"), registry)
	if c == nil {
		t.Fatal(faults)
	}
	var err error
	a, err = app.Open(t.Context(), app.Options{Config: c, Logger: slog.New(slog.DiscardHandler), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a, folder
}
