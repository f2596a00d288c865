package inspect

import (
	"cmp"
	"slices"
	"strings"

	"lucca-exchange/internal/finding"
)

// Cause is findings of one cause: what is mended once, and not row by row.
type Cause struct {
	Severity finding.Severity `json:"severity"`
	Code     string           `json:"code"`
	Column   string           `json:"column,omitempty"`
	// Message is what they all say; empty for those that are only counted.
	Message string `json:"message,omitempty"`
	// Count is how many findings these are, Rows the rows of those that are listed.
	Count int   `json:"count"`
	Rows  []int `json:"rows,omitempty"`
}

// Causes groups findings by what they say, errors first and then the most frequent. What is not
// listed is a cause of its own, by its code.
func Causes(listed []finding.Finding, omitted []finding.Omitted) []Cause {
	var causes []Cause
	places := make(map[finding.Finding]int) // by a finding without its place
	for _, f := range listed {
		what := finding.Finding{Severity: f.Severity, Code: f.Code, Column: f.Column, Message: f.Message}
		n, known := places[what]
		if !known {
			n = len(causes)
			places[what] = n
			causes = append(causes, Cause{Severity: f.Severity, Code: f.Code, Column: f.Column, Message: f.Message})
		}
		causes[n].Count++
		if f.Row > 0 {
			causes[n].Rows = append(causes[n].Rows, f.Row)
		}
	}
	for _, o := range omitted {
		causes = append(causes, Cause{Severity: o.Severity, Code: o.Code, Count: o.Count})
	}
	slices.SortStableFunc(causes, func(a, b Cause) int {
		// "error" comes before "warning".
		return cmp.Or(strings.Compare(string(a.Severity), string(b.Severity)), cmp.Compare(b.Count, a.Count))
	})
	return causes
}
