package inbox_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/run"
)

// TestContentIsDroppedOnceItIsElsewhere: with the person, or put away on its remote; otherwise ours may be
// the only one.
func TestContentIsDroppedOnceItIsElsewhere(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		after func(t *testing.T, d *desk, run string, f *inbox.File)
		keeps bool
	}{
		"put away": {func(t *testing.T, d *desk, run string, f *inbox.File) {
			if said := d.Settle(t.Context(), run, f, pickup.Processed, nil); len(said) > 0 {
				t.Errorf("said %+v", said)
			}
			if place, reports := f.Place(); !strings.Contains(place, "processed") || len(reports) != 0 {
				t.Errorf("placed at %q with %q", place, reports)
			}
		}, false},
		"not put away, since nobody answers": {func(t *testing.T, d *desk, run string, f *inbox.File) {
			d.Faults.Reset(0, false, false)
			d.Faults.Always = "connect"
			if said := d.Settle(t.Context(), run, f, pickup.Processed, nil); len(said) != 1 || said[0].Severity != finding.Warning || !strings.Contains(said[0].Message, "the next run of the flow puts the file away") {
				t.Errorf("said %+v", said)
			}
		}, true},
		"taken away by its server": {func(t *testing.T, d *desk, run string, f *inbox.File) {
			if err := os.RemoveAll(filepath.Join(d.Dir, "in", "in-progress")); err != nil {
				t.Fatal(err)
			}
			if said := d.Settle(t.Context(), run, f, pickup.Processed, nil); len(said) != 1 || said[0].Severity != finding.Warning || !strings.Contains(said[0].Message, "find the file in in-progress") {
				t.Errorf("said %+v", said)
			}
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			record, f := d.taken()
			d.end(record, none, run.Failed, "why")
			tt.after(t, d, record.ID, f)
			d.Faults.Always = ""
			if err := d.Drop(*f); err != nil {
				t.Fatal(err)
			}
			if kept := len(d.Names("spool", record.ID, "incoming")) > 0; kept != tt.keeps {
				t.Errorf("the content is kept: %v, want %v", kept, tt.keeps)
			}
		})
	}
}

// TestReportsAreWrittenWhereThereIsSomethingToSay.
func TestReportsAreWrittenWhereThereIsSomethingToSay(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, f := d.taken()
	if list, err := d.Reports(*f, &finding.Log{}); err != nil || len(list) > 0 {
		t.Errorf("of nothing: %+v, %v", list, err)
	}
	var log finding.Log
	log.Add(flow.Warning("remark", "by the way"))
	list, err := d.Reports(*f, &log)
	if err != nil || len(list) != 1 || list[0].Suffix != pickup.ReportSuffix || list[0].Path != inbox.Report(f.Folder, pickup.ReportSuffix) {
		t.Fatalf("%+v, %v", list, err)
	}
	if text, err := os.ReadFile(list[0].Path); err != nil || !strings.Contains(string(text), "by the way") {
		t.Errorf("%s, %v", text, err)
	}
	if said := d.Settle(t.Context(), "r", f, pickup.Failed, list); len(said) > 0 {
		t.Errorf("said %+v", said)
	}
	if _, reports := f.Place(); len(reports) != 1 || !strings.HasSuffix(reports[0], pickup.ReportSuffix) {
		t.Errorf("put beside it: %q", reports)
	}
}
