// Package explain says what a run did with one person, and why: from what was remembered of
// an export's file, or from the plan of an import. It reads and asks nothing itself.
package explain

import (
	"cmp"
	"fmt"
	"time"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/run"
)

// Explanation says why an employee is or is not in a file, column by column, or what an
// import does to them.
type Explanation struct {
	Run      string      `json:"run"`
	Flow     string      `json:"flow"`
	Slot     time.Time   `json:"slot,omitzero"`
	Outcome  run.Outcome `json:"outcome"`
	Employee int         `json:"employee_id,omitempty"`
	// Decision is an export's, Action and Set are those of an import.
	Decision export.Decision                `json:"decision,omitempty"`
	Action   plan.Action                    `json:"action,omitempty"`
	Set      map[string]plan.DocumentChange `json:"set,omitempty"`
	// Why is the decision in a sentence.
	Why     string            `json:"why"`
	File    string            `json:"file,omitempty"`
	Row     int               `json:"row,omitempty"`
	Columns []Column          `json:"columns,omitempty"`
	Notes   []finding.Finding `json:"findings,omitempty"`
	// Item is the place in the plan.
	Item int `json:"-"`
}

// Column is one cell of the employee's row.
type Column struct {
	Key    string        `json:"column"`
	Header string        `json:"header"`
	Level  profile.Level `json:"level"`
	From   []string      `json:"from"`
	// Value is nil when there is no row, or the file was purged.
	Value *string `json:"value,omitempty"`
	// WhyEmpty says in a sentence why there is no value, or an empty one.
	WhyEmpty string `json:"why_empty,omitempty"`
}

// File is the file of an export as far as it is there to be read back.
type File struct {
	// Name is empty where the run has no file on record.
	Name string
	// Row reads one row, counting the header as the first; nil when the file was purged.
	Row func(n int) ([]string, error)
}

// Export says what an export did with an employee, by login, e-mail, number or Lucca id.
// Several people may share a number. The error wraps run.ErrUsage where nobody is meant.
func Export(r run.Run, s export.Snapshot, file File, who string) ([]Explanation, error) {
	people := s.Find(who)
	if len(people) == 0 {
		return nil, fault.Of(run.ErrUsage, "Lucca lists nobody with this login, e-mail, number or id: left, outside the perimeter of the API key, or misspelt")
	}
	out := make([]Explanation, 0, len(people))
	for _, p := range people {
		e := sent(r, p)
		var cells []string
		if p.Row > 0 && file.Name != "" {
			e.File = file.Name
			var err error
			if cells, err = file.Row(p.Row); err != nil {
				return nil, err
			}
		}
		for i, c := range s.Columns {
			column := Column{Key: c.Key, Header: c.Header, Level: c.Level, From: c.From}
			if i < len(cells) {
				column.Value = &cells[i]
			}
			column.WhyEmpty = whyEmpty(p, c, column.Value)
			e.Columns = append(e.Columns, column)
		}
		out = append(out, e)
	}
	return out, nil
}

// sent is what an export did with somebody, but for the cells.
func sent(r run.Run, p export.Person) Explanation {
	return Explanation{
		Run: r.ID, Flow: r.Flow, Slot: r.Slot, Outcome: r.Outcome,
		Employee: p.ID, Decision: p.Decision, Why: whySent(p, r.Outcome), Row: p.Row, Notes: p.Notes,
	}
}

// whySent says the decision in a sentence.
func whySent(p export.Person, outcome run.Outcome) string {
	switch p.Decision {
	case export.Sent:
		in := fmt.Sprintf("in the file, on row %d", p.Row)
		switch outcome {
		case run.Done, run.Rejections:
			return in
		case run.Held:
			return in + "; but the run is held, and the file was not sent"
		default:
			return in + "; but the run did not end well, and the partner may have an older file"
		}
	case export.Rejected:
		return "not in the file: a required value is missing or unusable, see the findings"
	case export.Upcoming:
		return "not in the file: the contract starts later than population.upcoming_days allows"
	case export.Left:
		return fmt.Sprintf("not in the file: the contract ended on %s, longer ago than population.leavers_days allows", p.End)
	case export.Elsewhere:
		return fmt.Sprintf("not in the file: population.%s leaves this employee out", cmp.Or(p.Outside, "establishments"))
	case export.Gone:
		if p.End.IsZero() {
			return fmt.Sprintf("no longer in the file since %s: Lucca does not list this employee any more, and shows no end of contract", p.Since)
		}
		return fmt.Sprintf("no longer in the file since %s: Lucca does not list this employee any more; the contract ended on %s", p.Since, p.End)
	default:
		return string(p.Decision)
	}
}
