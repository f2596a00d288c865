package starter_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/starter"
)

var trial = starter.Answers{Profile: "skillup", Trial: starter.Trial{URL: "http://127.0.0.1:8480", Key: "invented"}}

// TestAFirstConfigurationIsWritten beside a key that nobody else can read; that it is right, a
// script of the command init tells.
func TestAFirstConfigurationIsWritten(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new")
	written, err := starter.Write(dir, trial)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{written.Configuration, written.Key} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	text, err := os.ReadFile(written.Configuration)
	if err != nil || !strings.Contains(string(text), "lucca-api-key") {
		t.Errorf("the configuration does not name the key: %v", err)
	}
	if info, err := os.Stat(filepath.Join(dir, "out", "skillup")); err != nil || !info.IsDir() {
		t.Errorf("the folder of the flow: %v", err)
	}
}

// TestNothingIsOverwritten of what is there, nor is anything written beside it.
func TestNothingIsOverwritten(t *testing.T) {
	t.Parallel()
	for _, there := range []string{"lucca-exchange.yaml", "secrets/lucca-api-key"} {
		dir := t.TempDir()
		path := filepath.Join(dir, there)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := starter.Write(dir, trial); !errors.Is(err, run.ErrUsage) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", there, err)
		}
		if _, err := os.Stat(filepath.Join(dir, "out")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: folders were made: %v", there, err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != "mine" {
			t.Errorf("%s is %q, %v", there, b, err)
		}
	}
}
