package app_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/run"
)

// A run that fails is told once per cause to a webhook, and each time to a dead-man switch;
// the run ends as it does without anybody to tell.
func TestWhoeverIsToKnowIsToldOfAFailure(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var told []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		told = append(told, strings.TrimSpace(r.URL.Path+" "+string(body)))
	}))
	defer server.Close()
	dir := t.TempDir()
	for name, text := range map[string]string{"key": "x", "hook": server.URL + "/hook/s3cret"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "c.yaml")
	text := fmt.Sprintf(`
lucca: {url: "http://127.0.0.1:1", api_key: {file: ./key}}
remotes: {in: {type: dir, dir: ./none}}
flows: {users: {import: {}, from: in, pattern: "*.csv"}}
notify:
  - {webhook: {url: {file: ./hook}}, on: [failed]}
  - {ping: {url: "%s/ping"}}
`, server.URL)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, faults := config.Load(path, app.Registry())
	if c == nil {
		t.Fatal(faults)
	}
	var log strings.Builder
	a, err := app.Open(t.Context(), app.Options{Config: c, Logger: slog.New(slog.NewTextHandler(&log, nil)), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	for range 2 {
		r, err := a.Run(t.Context(), "users", app.RunOptions{})
		if err != nil || r.Run.Outcome != run.Failed {
			t.Fatalf("%v, %v", r.Run.Outcome, err)
		}
	}
	var paths []string
	for _, line := range told {
		path, body, _ := strings.Cut(line, " ")
		paths = append(paths, path)
		if path == "/hook/s3cret" && !strings.Contains(body, "users") {
			t.Errorf("the webhook was told %s", body)
		}
	}
	slices.Sort(paths)
	want := "/hook/s3cret /ping/fail /ping/fail /ping/start /ping/start"
	if got := strings.Join(paths, " "); got != want {
		t.Errorf("told %s, want %s", got, want)
	}
	if strings.Contains(log.String(), "s3cret") {
		t.Errorf("the log gives the address of the webhook away: %s", log.String())
	}
}
