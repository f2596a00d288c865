package finding

import "slices"

// Missing is the code of an expected file that did not come.
const Missing = "missing"

// worthALook are the codes of the warnings that somebody has to see, since nobody is told
// otherwise: a file that is never taken, and changes that may not be meant.
var worthALook = []string{
	"lucca_route_ends", "certificate_ends",
	"skipped_other_case", "skipped_other_charset", "skipped_stuck", "skipped_too_large", "skipped_unstated", "skipped_bad_name", "skipped_not_regular",
	"same_name", "similar_person", "other_person", "names_exchanged", "values_exchanged", "date_turned", "letters_changed", "text_cut", "filled_down", "identity_changes", "column_emptied", "decimal_moved", "mail_domain", "mail_repeated", "start_in_doubt", "date_open", "date_moved", "next_day", "whole_name", "mail_of_another", "accents_lost", "last_cell_cut", "mail_in_use", "absent_uncertain", "created_as_former",
	"manager_left", "starts_later", "end_cleared", "reopens", "has_left", "far_end", "cannot_clear",
	"hidden_rows", "hidden_columns", "hidden_sheets", "absent_column",
	"unknown_protected", "unknown_default_scope",
}

// ToLookAt counts the warnings that somebody has to see, by code, those that are not listed too.
func ToLookAt(listed []Finding, omitted []Omitted) map[string]int {
	codes := make(map[string]int)
	add := func(severity Severity, code string, n int) {
		if severity == Warning && slices.Contains(worthALook, code) {
			codes[code] += n
		}
	}
	for _, f := range listed {
		add(f.Severity, f.Code, 1)
	}
	for _, o := range omitted {
		add(o.Severity, o.Code, o.Count)
	}
	return codes
}
