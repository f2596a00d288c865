package profile

import (
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"
)

// ManagerOutside is what becomes of a column about a manager who is not in the file: one who
// is not here yet, whose row is rejected, or who is outside the population.
type ManagerOutside string

// The policies.
const (
	KeepManager   ManagerOutside = "keep"
	EmptyManager  ManagerOutside = "empty"
	RejectManager ManagerOutside = "reject"
)

// Validate returns what is wrong with the policy.
func (m ManagerOutside) validate() error {
	if m != "" && m != KeepManager && m != EmptyManager && m != RejectManager {
		return fmt.Errorf("want keep, empty or reject, not %q", string(m))
	}
	return nil
}

// Rules are the constraints that a schema puts on the cells of a column; the zero one is none.
// An empty cell is for the level of the column to judge.
type Rules struct {
	// Unique: no two rows have the same.
	Unique               bool
	MinLength, MaxLength int
	Pattern              *regexp.Regexp
	Enum                 []string
}

// IsZero reports whether there is no rule for a single cell.
func (r *Rules) IsZero() bool {
	return r.MinLength == 0 && r.MaxLength == 0 && r.Pattern == nil && len(r.Enum) == 0
}

// Broken says what a cell that is not empty breaks, or nothing.
func (r *Rules) Broken(cell string) string {
	if r.MinLength > 0 && utf8.RuneCountInString(cell) < r.MinLength {
		return fmt.Sprintf("has fewer than %d characters", r.MinLength)
	}
	if r.MaxLength > 0 && utf8.RuneCountInString(cell) > r.MaxLength {
		return fmt.Sprintf("has more than %d characters", r.MaxLength)
	}
	if r.Pattern != nil && !r.Pattern.MatchString(cell) {
		return "does not look as the pattern of the partner's schema wants it"
	}
	if len(r.Enum) > 0 && !slices.Contains(r.Enum, cell) {
		return "is none of the values that the partner's schema lists"
	}
	return ""
}
