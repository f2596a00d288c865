package finding

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sort"
)

// MostListed is how many findings of one severity and code a Log lists. A person mends the
// cause after the first few; a file can have a million.
const MostListed = 1000

// Bounds of what a Log remembers of the findings that it does not list: how many kinds of
// them, and how many stretches of rows. Beyond these they are still counted.
const (
	mostKinds = 1000
	mostSpans = 500_000
)

// Log gathers findings in bounded memory, however many there are: of each severity and code
// it lists the first MostListed, and counts the rest. The zero value is empty.
type Log struct {
	// Listed are the findings that there was room for, in the order in which they came.
	Listed []Finding
	// Rejected are the rows that a finding of severity error is about, the unlisted too.
	Rejected Rows

	listed map[kind]int
	rest   map[kind]*Rest
	spans  int
}

// kind is what findings have in common.
type kind struct {
	severity     Severity
	code, column string
}

// Rest is what a Log has no room for, of one severity, code and column.
type Rest struct {
	Severity Severity `json:"severity"`
	Code     string   `json:"code"`
	Column   string   `json:"column,omitempty"`
	// Count is how many findings these are.
	Count int `json:"count"`
	// Message is what they all say; empty where they differ.
	Message string `json:"message,omitempty"`
	// Rows are those that they are about, as far as a Log remembers them.
	Rows Rows `json:"rows,omitempty"`
}

// Add takes findings.
func (l *Log) Add(findings ...Finding) {
	for _, f := range findings {
		if f.Severity == Error {
			l.Rejected.Add(f.Row)
		}
		code := kind{severity: f.Severity, code: f.Code}
		if l.listed == nil {
			l.listed = make(map[kind]int)
		}
		if l.listed[code]++; l.listed[code] <= MostListed {
			l.Listed = append(l.Listed, f)
			continue
		}
		rest := l.restOf(kind{f.Severity, f.Code, f.Column})
		if rest.Count == 0 {
			rest.Message = f.Message
		} else if rest.Message != f.Message {
			rest.Message = ""
		}
		rest.Count++
		if f.Row > 0 && l.spans < mostSpans {
			l.spans += rest.Rows.Add(f.Row)
		}
	}
}

// AddRest takes what another Log had no room for.
func (l *Log) AddRest(rests ...Rest) {
	for _, r := range rests {
		if r.Severity == Error {
			l.Rejected = append(l.Rejected, r.Rows...)
		}
		rest := l.restOf(kind{r.Severity, r.Code, r.Column})
		if rest.Count == 0 {
			rest.Message = r.Message
		} else if rest.Message != r.Message {
			rest.Message = ""
		}
		rest.Count += r.Count
		if l.spans < mostSpans {
			l.spans += len(r.Rows)
			rest.Rows = append(rest.Rows, r.Rows...)
		}
	}
}

func (l *Log) restOf(k kind) *Rest {
	if l.rest == nil {
		l.rest = make(map[kind]*Rest)
	}
	if l.rest[k] == nil && len(l.rest) >= mostKinds {
		k.column = ""
	}
	if l.rest[k] == nil {
		l.rest[k] = &Rest{Severity: k.severity, Code: k.code, Column: k.column}
	}
	return l.rest[k]
}

// Rest returns what is not listed: errors first, then by code and column.
func (l *Log) Rest() []Rest {
	var rest []Rest
	for _, r := range slices.SortedFunc(maps.Values(l.rest), func(a, b *Rest) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Column, b.Column))
	}) {
		rest = append(rest, *r)
	}
	return rest
}

// Finding says in one line what is not listed.
func (r Rest) Finding() Finding {
	return Finding{
		Severity: r.Severity, Code: r.Code, Column: r.Column,
		Message: fmt.Sprintf("and %d more of this kind, which are not listed", r.Count),
	}
}

// Omitted counts the findings of one severity and code that are not listed.
type Omitted struct {
	Severity Severity `json:"severity"`
	Code     string   `json:"code"`
	Count    int      `json:"count"`
}

// Tally counts what is not listed, by severity and code.
func Tally(rest []Rest) []Omitted {
	var out []Omitted
	for _, r := range rest {
		i := slices.IndexFunc(out, func(o Omitted) bool { return o.Severity == r.Severity && o.Code == r.Code })
		if i < 0 {
			i = len(out)
			out = append(out, Omitted{Severity: r.Severity, Code: r.Code})
		}
		out[i].Count += r.Count
	}
	return out
}

// Total counts the findings of a severity, those that are not listed too.
func Total(listed []Finding, omitted []Omitted, s Severity) int {
	n := Count(listed, s)
	for _, o := range omitted {
		if o.Severity == s {
			n += o.Count
		}
	}
	return n
}

// Rows are numbers of rows as stretches of them, the first and the last of each. They take
// little room where many rows follow each other.
type Rows [][2]int32

// Add takes a row, and reports how many stretches there are more.
func (r *Rows) Add(row int) int {
	if n := len(*r); n > 0 {
		switch last := &(*r)[n-1]; {
		case row >= int(last[0]) && row <= int(last[1]):
			return 0
		case row == int(last[1])+1:
			last[1]++
			return 0
		}
	}
	*r = append(*r, [2]int32{int32(row), int32(row)})
	return 1
}

// Sorted returns the rows in ascending order, without overlaps, which Has needs.
func (r Rows) Sorted() Rows {
	sorted := slices.SortedFunc(slices.Values(r), func(a, b [2]int32) int { return cmp.Compare(a[0], b[0]) })
	out := sorted[:0]
	for _, span := range sorted {
		if n := len(out); n > 0 && span[0] <= out[n-1][1]+1 {
			out[n-1][1] = max(out[n-1][1], span[1])
			continue
		}
		out = append(out, span)
	}
	return out
}

// Has reports whether a row is among sorted rows.
func (r Rows) Has(row int) bool {
	i := sort.Search(len(r), func(i int) bool { return int(r[i][1]) >= row })
	return i < len(r) && int(r[i][0]) <= row
}
