package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/person"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
)

// Person is whom an item of a plan is about, as an administrator may name them. It is kept
// with the plan.
type Person struct {
	Item   int    `json:"item"`
	Name   string `json:"name,omitempty"`
	Login  string `json:"login,omitempty"`
	Mail   string `json:"mail,omitempty"`
	Number string `json:"number,omitempty"`
	Place
}

// Place is where somebody belongs.
type Place struct {
	// Establishment is the one of the file, or else of Lucca; Manager is who is named in the file, or
	// else Lucca's. Both are empty where neither tells.
	Establishment string `json:"establishment,omitempty"`
	Manager       string `json:"manager,omitempty"`
}

// People lists whom the items of a plan are about: as the file names them, else as Lucca does.
func People(t plan.Table, p *plan.Plan, people *roster.Roster) []Person {
	cell := cells(t)
	out := make([]Person, len(p.Items))
	for i := range p.Items {
		item := &p.Items[i]
		who := Person{
			Item: i, Name: strings.TrimSpace(cell(item.Row, plan.FirstName) + " " + cell(item.Row, plan.LastName)), Login: item.Login, Mail: cell(item.Row, plan.Mail), Number: cell(item.Row, plan.EmployeeNumber),
			Place: Place{Establishment: cell(item.Row, plan.Establishment), Manager: cell(item.Row, plan.Manager)},
		}
		if e := people.ByID(item.EmployeeID); e != nil {
			who.Login = cmp.Or(who.Login, e.Login)
			who.Mail, who.Number = cmp.Or(who.Mail, e.Mail), cmp.Or(who.Number, e.EmployeeNumber)
			who.Name = cmp.Or(who.Name, nameOf(e))
			who.Establishment = cmp.Or(who.Establishment, people.Establishment(e).Name)
			if manager := people.ByID(e.ManagerID); manager != nil {
				who.Manager = cmp.Or(who.Manager, nameOf(manager))
			}
		}
		who.Login = cmp.Or(who.Login, cell(item.Row, plan.Login))
		out[i] = who
	}
	return out
}

func nameOf(e *roster.Employee) string { return strings.TrimSpace(e.FirstName + " " + e.LastName) }

// cells returns a function that looks up a cell by its row and code.
func cells(t plan.Table) func(row int, code string) string {
	rows := make(map[int]plan.Row, len(t.Rows))
	for _, r := range t.Rows {
		rows[r.Number] = r
	}
	columns := make(map[string]int, len(t.Columns))
	for i, c := range t.Columns {
		columns[c.Code] = i
	}
	return func(row int, code string) string {
		r, ok := rows[row]
		i, there := columns[code]
		if !ok || !there || i >= len(r.Cells) {
			return ""
		}
		return r.Cells[i]
	}
}

// means reports whether an administrator who writes who means this person.
func (p Person) means(who string, id int) bool {
	return person.Called(who, p.Login, p.Mail, p.Number) || id > 0 && strconv.Itoa(id) == who
}

// Plan says what a plan does to an employee, by login, e-mail, number or Lucca id. The
// findings are those of the run. The error wraps run.ErrUsage where no row is about them.
func Plan(r run.Run, findings []finding.Finding, p *plan.Plan, people []Person, who string) ([]Explanation, error) {
	var out []Explanation
	for _, person := range people {
		if person.Item >= len(p.Items) || !person.means(strings.TrimSpace(who), p.Items[person.Item].EmployeeID) {
			continue
		}
		item := p.Items[person.Item]
		e := planned(r, item, person.Item)
		e.Set = setOf(&item)
		e.Notes = slices.DeleteFunc(slices.Clone(findings), func(f finding.Finding) bool { return f.Row == 0 || f.Row != item.Row })
		if item.Row > 0 {
			e.Notes = append(e.Notes, unlisted(sorted(p.Rest), item.Row)...)
		}
		out = append(out, e)
	}
	if len(out) == 0 {
		return nil, fault.Of(run.ErrUsage, "no row of the file is about this login, e-mail, number or id")
	}
	return out, nil
}

// planned is what a plan does to somebody, but for what it sets and what was found.
func planned(r run.Run, item plan.Item, n int) Explanation {
	e := Explanation{
		Run: r.ID, Flow: r.Flow, Slot: r.Slot, Outcome: r.Outcome,
		Employee: item.EmployeeID, Row: item.Row, Action: item.Action, Item: n,
		Why: whyPlanned(item),
	}
	if r.File != nil {
		e.File = r.File.Name
	}
	return e
}

// setOf is what an item sets from what to what; nil for nothing.
func setOf(item *plan.Item) map[string]plan.DocumentChange {
	if item.Set.IsZero() {
		return nil
	}
	set := make(map[string]plan.DocumentChange, item.Set.Len())
	for code, c := range item.Set.All() {
		set[code] = plan.DocumentChange{From: c.From, To: c.To}
	}
	return set
}

// sorted makes it quick to ask whether a row is among those of a rest.
func sorted(rest []finding.Rest) []finding.Rest {
	out := slices.Clone(rest)
	for n := range out {
		out[n].Rows = out[n].Rows.Sorted()
	}
	return out
}

// unlisted is what was said of a row and is not listed, as far as it is known.
func unlisted(rest []finding.Rest, row int) []finding.Finding {
	var out []finding.Finding
	for _, r := range rest {
		if r.Rows.Has(row) {
			out = append(out, finding.Finding{Severity: r.Severity, Code: r.Code, Row: row, Column: r.Column, Message: cmp.Or(r.Message, "has a fault like others in this file")})
		}
	}
	return out
}

// whyPlanned says an action in a sentence.
func whyPlanned(item plan.Item) string {
	place := fmt.Sprintf("on row %d", item.Row)
	if item.Row == 0 {
		place = "absent from the file"
	}
	switch item.Action {
	case plan.Create:
		return place + ": nobody in Lucca has this identifier, so the employee is created"
	case plan.Update:
		return place + ": differs from Lucca, and is updated"
	case plan.End:
		return place + ": the contract is ended"
	case plan.Rehire:
		return place + ": has left and comes back with a new contract"
	case plan.Unchanged:
		return place + ": is in Lucca as in the file, so nothing is sent"
	default:
		return place + ": the row is rejected, see the findings"
	}
}
