package inspect

import (
	"slices"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// worthALook are the codes of the warnings that somebody has to see, since nobody is told
// otherwise: a file that is never taken, and changes that may not be meant.
var worthALook = []string{
	"lucca_route_ends", "certificate_ends",
	"skipped_other_case", "skipped_other_charset", "skipped_stuck", "skipped_too_large", "skipped_unstated", "skipped_bad_name", "skipped_not_regular",
	"same_name", "similar_person", "other_person", "mail_in_use", "absent_uncertain", "created_as_former",
	"manager_left", "starts_later", "end_cleared", "reopens", "has_left", "far_end", "cannot_clear",
	"unknown_protected", "unknown_default_scope",
}

// ToLookAt counts the warnings of a run that somebody has to see, by code.
func ToLookAt(r state.Record) map[string]int {
	codes := make(map[string]int)
	add := func(severity finding.Severity, code string, n int) {
		if severity == finding.Warning && slices.Contains(worthALook, code) {
			codes[code] += n
		}
	}
	for _, f := range r.Findings {
		add(f.Severity, f.Code, 1)
	}
	for _, o := range r.Omitted {
		add(o.Severity, o.Code, o.Count)
	}
	return codes
}

// whatToDo is what explain.Overtaken says of a held run of a flow.
func whatToDo(held run.Run, f config.Flow) string {
	return explain.Overtaken(held, f.Import != nil && f.Import.Mode == plan.Full, f.From != "")
}
