package delivery_test

import (
	"testing"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/sandbox/partner"
)

// TestRecoverFromEveryState plants what a crash can leave, for each step.
func TestRecoverFromEveryState(t *testing.T) {
	t.Parallel()
	const temp, backup = name + ".r1.part", name + ".r1.bak"
	for _, tt := range []struct {
		name  string
		step  delivery.Step
		files map[string]string
		want  delivery.Step
		left  map[string]string
	}{
		{"nothing uploaded yet", delivery.StepUploading, map[string]string{name: "old"}, delivery.StepFailed, onlyOld},
		{"half uploaded", delivery.StepUploading, map[string]string{name: "old", temp: "half"}, delivery.StepFailed, onlyOld},
		{"half uploaded the first time", delivery.StepUploading, map[string]string{temp: "half"}, delivery.StepFailed, nothing},
		{"before the rename", delivery.StepUploaded, map[string]string{name: "old", temp: "new"}, delivery.StepFailed, onlyOld},
		{"after the rename", delivery.StepUploaded, map[string]string{name: "new"}, delivery.StepDelivered, onlyNew},
		{"after the rename and picked up", delivery.StepUploaded, nothing, delivery.StepDelivered, nothing},
		{"before the old file is moved", delivery.StepReplacing, map[string]string{name: "old", temp: "new"}, delivery.StepFailed, onlyOld},
		{"between the moves", delivery.StepReplacing, map[string]string{backup: "old", temp: "new"}, delivery.StepDelivered, onlyNew},
		{"after the moves", delivery.StepReplacing, map[string]string{name: "new", backup: "old"}, delivery.StepDelivered, onlyNew},
		{"after the moves and picked up", delivery.StepReplacing, map[string]string{backup: "old"}, delivery.StepDelivered, nothing},
		{"the old file was picked up", delivery.StepReplacing, map[string]string{temp: "new"}, delivery.StepDelivered, onlyNew},
		{"after all", delivery.StepReplacing, map[string]string{name: "new"}, delivery.StepDelivered, onlyNew},
		{"giving up, nothing undone", delivery.StepUndoing, map[string]string{backup: "old", temp: "new"}, delivery.StepFailed, onlyOld},
		{"giving up, old file back", delivery.StepUndoing, map[string]string{name: "old", temp: "new"}, delivery.StepFailed, onlyOld},
		{"giving up, all undone", delivery.StepUndoing, map[string]string{name: "old"}, delivery.StepFailed, onlyOld},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, partner.Quirks{NoPosixRename: true}, true)
			for file, content := range tt.files {
				s.plant(file, map[string][]byte{"old": oldFile, "new": newFile, "half": newFile[:1000]}[content])
			}
			r := delivery.Record{Run: "r1", Remote: "skillup", Name: name, Temp: temp, Step: tt.step, Bytes: int64(len(newFile))}
			if tt.step == delivery.StepReplacing || tt.step == delivery.StepUndoing {
				r.Backup = backup
			}
			got, err := delivery.Recover(t.Context(), s.target(), s.journal, []delivery.Record{r})
			if err != nil || got[0].Step != tt.want {
				t.Errorf("step = %q, %v; want %q", got[0].Step, err, tt.want)
			}
			s.want(tt.left)
		})
	}
}

// TestRecoverInAWriteOnlyFolder: only removing our file can tell whether it was renamed.
func TestRecoverInAWriteOnlyFolder(t *testing.T) {
	t.Parallel()
	const temp = name + ".r1.part"
	for _, tt := range []struct {
		step  delivery.Step
		files map[string][]byte
		want  delivery.Step
		left  map[string]string
	}{
		{delivery.StepUploading, map[string][]byte{name: oldFile, temp: newFile[:1000]}, delivery.StepFailed, onlyOld},
		{delivery.StepUploading, map[string][]byte{name: oldFile}, delivery.StepFailed, onlyOld},
		{delivery.StepUploaded, map[string][]byte{name: oldFile, temp: newFile}, delivery.StepFailed, onlyOld},
		{delivery.StepUploaded, map[string][]byte{name: newFile}, delivery.StepDelivered, onlyNew},
		{delivery.StepUndoing, map[string][]byte{name: oldFile}, delivery.StepFailed, onlyOld},
	} {
		s := newSite(t, partner.Quirks{WriteOnly: true}, true)
		for file, content := range tt.files {
			s.plant(file, content)
		}
		r := delivery.Record{Run: "r1", Remote: "skillup", Name: name, Temp: temp, Step: tt.step, Bytes: int64(len(newFile))}
		got, err := delivery.Recover(t.Context(), s.target(), s.journal, []delivery.Record{r})
		if err != nil || got[0].Step != tt.want {
			t.Errorf("%s: step = %q, %v; want %q", tt.step, got[0].Step, err, tt.want)
		}
		s.want(tt.left)
	}
}
