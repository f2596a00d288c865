package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing that is wrong with a configuration file, or with Warning set
// merely doubtful.
type Fault struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
	// Column counts characters from 1; it is there where the file is not YAML.
	Column  int    `json:"column,omitempty"`
	Path    string `json:"path,omitempty"`
	Message string `json:"message"`
	Warning bool   `json:"warning,omitempty"`
	// Excerpt is the line, without its values, and a caret below the place: two lines.
	Excerpt string `json:"-"`
}

// String writes the fault on one line, FILE:LINE: PATH: MESSAGE.
func (f Fault) String() string {
	if f.Warning {
		return f.Place() + "warning: " + f.Message
	}
	return f.Place() + f.Message
}

// Place is the beginning of a line about the fault: file, line and path.
func (f Fault) Place() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Line > 0 {
		fmt.Fprintf(&b, ":%d", f.Line)
	}
	b.WriteString(": ")
	if f.Path != "" {
		b.WriteString(f.Path + ": ")
	}
	return b.String()
}

// Faults is all that is wrong with a configuration, in the order of its lines.
type Faults []Fault

// Fatal reports whether the configuration cannot be used.
func (fs Faults) Fatal() bool {
	return slices.ContainsFunc(fs, func(f Fault) bool { return !f.Warning })
}

// Error lists the faults, one a line.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// sort puts the faults in the order of their lines, those of other files behind those of one.
func (fs Faults) sort(file string) {
	other := func(f Fault) int {
		if f.File == file {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(fs, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(other(a), other(b)), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Message, b.Message))
	})
}
