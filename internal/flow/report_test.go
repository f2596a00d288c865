package flow_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/state"
)

// TestDocumentOfARunHasAllThatItSays: the file, the rows, the limits, and findings that are of no
// row; before there is a plan it is a document too.
func TestDocumentOfARunHasAllThatItSays(t *testing.T) {
	t.Parallel()
	r := flow.Result{Plan: &plan.Plan{Items: []plan.Item{{Action: plan.Update, Row: 2, EmployeeID: 7, Set: plan.SetOf(map[string]plan.Change{"jobTitle": {From: "Chef", To: "Cheffe"}})}}}}
	record := state.Record{
		Run:      run.Run{ID: "r", Flow: "users", Result: run.Result{File: &run.File{Name: "users.csv"}, Limits: []run.Limit{{Name: "updates", Held: true}}}},
		Findings: []finding.Finding{{Severity: finding.Warning, Code: "files_waiting", Message: "2 more files wait"}},
	}
	for name, tt := range map[string]struct {
		result flow.Result
		record state.Record
		rows   int
		file   string
	}{
		"planned":        {r, record, 1, "users.csv"},
		"without a plan": {flow.Result{}, record, 0, "users.csv"},
		"without a file": {r, state.Record{Run: run.Run{Flow: "users"}, Findings: record.Findings}, 1, ""},
	} {
		if err := tt.result.Report(tt.record).WriteDocument(full{}); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s, and there is no room for it: %v", name, err)
		}
		var b bytes.Buffer
		if err := tt.result.Report(tt.record).WriteDocument(&b); err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(b.Bytes(), &got); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, &b)
		}
		file, _ := got["file"].(string)
		items, _ := got["items"].([]any)
		findings, _ := got["findings"].([]any)
		if got["flow"] != "users" || file != tt.file || len(items) != tt.rows || len(findings) != 1 {
			t.Errorf("%s:\n%s", name, &b)
		}
	}
}

// TestNothingToSayIsNoReport, and one for which there is no room is said.
func TestNothingToSayIsNoReport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := filepath.Join(w.Folder("r"), "report.csv")
	if err := flow.WriteReport(w.Room, message.English, path, new(finding.Log)); err != nil || len(w.Names("spool", "r")) != 0 {
		t.Errorf("of nothing: %v, %q", err, w.Names("spool", "r"))
	}
	log := finding.Log{Listed: []finding.Finding{flow.Warning("remark", "by the way")}}
	if err := flow.MakeFolder(w.Room, w.Folder("r")); err != nil {
		t.Fatal(err)
	}
	w.Write(strings.Repeat("x", 1000), "spool", "r", "other.csv")
	w.Room.Max = 1010
	if err := flow.MakeFolder(w.Room, w.Folder("r/other.csv")); err == nil {
		t.Error("a file is taken for a folder")
	}
	if err := flow.WriteReport(w.Room, message.English, path, &log); !errors.Is(err, spool.ErrFull) {
		t.Errorf("without room: %v", err)
	}
	w.Room.Max = 1 << 30
	w.Room.Measure()
	if err := flow.WriteReport(w.Room, message.English, path, &log); err != nil || !strings.Contains(w.Read("spool", "r", "report.csv"), "by the way") {
		t.Errorf("with room: %v", err)
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }
