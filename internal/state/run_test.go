package state_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

func TestRunDocumentGolden(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		run  state.Record
	}{
		{"run-full.json", fullRun()},
		{"run-at-work.json", state.Record{Run: run.Run{ID: "20261122-215900-7f3a2c", Flow: "payroll-users", Kind: run.Import, StartedAt: at(0)}}},
	} {
		got, err := json.MarshalIndent(tt.run, "", "  ")
		check(t, err)
		golden, err := os.ReadFile(filepath.Join("testdata", tt.name))
		check(t, err)
		if string(got)+"\n" != string(golden) {
			t.Errorf("%s: the run document is\n%s", tt.name, got)
		}
	}
}

func TestRunIDsSortByTimeAndAreFileNames(t *testing.T) {
	t.Parallel()
	paris := time.FixedZone("", 3600)
	first := run.NewID(time.Date(2026, 11, 22, 22, 59, 0, 0, paris))
	if !regexp.MustCompile(`^20261122-215900-[0-9a-f]{6}$`).MatchString(first) {
		t.Errorf("NewRunID = %q", first)
	}
	if later := run.NewID(time.Date(2026, 11, 22, 21, 59, 1, 0, time.UTC)); later <= first {
		t.Errorf("%q does not sort after %q", later, first)
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	var got []int
	for _, o := range []run.Outcome{run.Done, run.Nothing, run.Failed, run.Rejections, run.Held, run.Canceled, ""} {
		got = append(got, o.ExitCode())
	}
	if want := []int{0, 0, 1, 3, 4, 1, 1}; !slices.Equal(got, want) {
		t.Errorf("exit codes are %v, want %v", got, want)
	}
}
