package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// plannedPerson is whom an item of a plan is about, as an administrator may name them.
type plannedPerson struct {
	Item   int    `json:"item"`
	Login  string `json:"login,omitempty"`
	Mail   string `json:"mail,omitempty"`
	Number string `json:"number,omitempty"`
}

// planned lists the people of the plan: as the file names them, else as Lucca does.
func (x *changeRun) planned() []plannedPerson {
	cell := cells(x.table)
	people := make([]plannedPerson, len(x.plan.Items))
	for i := range x.plan.Items {
		item := &x.plan.Items[i]
		p := plannedPerson{
			Item: i, Login: item.Login, Mail: cell(item.Row, plan.Mail), Number: cell(item.Row, plan.EmployeeNumber),
		}
		if e := x.people.ByID(item.EmployeeID); e != nil {
			p.Login = first(p.Login, e.Login)
			p.Mail, p.Number = first(p.Mail, e.Mail), first(p.Number, e.EmployeeNumber)
		}
		p.Login = first(p.Login, cell(item.Row, plan.Login))
		people[i] = p
	}
	return people
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

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
func (p plannedPerson) means(who string, id int) bool {
	return strings.EqualFold(p.Login, who) || strings.EqualFold(p.Mail, who) ||
		p.Number != "" && p.Number == who || id > 0 && strconv.Itoa(id) == who
}

// explainPlan says what a plan does to an employee.
func explainPlan(record state.Record, p *plan.Plan, people []plannedPerson, who string) ([]Explanation, error) {
	var out []Explanation
	for _, person := range people {
		if person.Item >= len(p.Items) || !person.means(strings.TrimSpace(who), p.Items[person.Item].EmployeeID) {
			continue
		}
		item := p.Items[person.Item]
		e := Explanation{
			Run: record.ID, Flow: record.Flow, Slot: record.Slot, Outcome: record.Outcome,
			Employee: item.EmployeeID, Row: item.Row, Action: item.Action, item: person.Item,
		}
		if record.File != nil {
			e.File = record.File.Name
		}
		if !item.Set.IsZero() {
			e.Set = make(map[string]plan.DocumentChange, item.Set.Len())
		}
		for code, c := range item.Set.All() {
			e.Set[code] = plan.DocumentChange{From: c.From, To: c.To}
		}
		e.Notes = slices.DeleteFunc(slices.Clone(record.Findings), func(f finding.Finding) bool { return f.Row == 0 || f.Row != item.Row })
		if item.Row > 0 {
			e.Notes = append(e.Notes, unlisted(p.Rest, item.Row)...)
		}
		e.Why = whyPlanned(item)
		out = append(out, e)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: no row of the file is about this login, e-mail, number or id", ErrUsage)
	}
	return out, nil
}

// unlisted is what was said of a row and is not listed, as far as it is known.
func unlisted(rest []finding.Rest, row int) []finding.Finding {
	var out []finding.Finding
	for _, r := range rest {
		if r.Rows.Sorted().Has(row) {
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

// explainImport says what the last run of an import with a plan did to an employee.
func (a *App) explainImport(ctx context.Context, flow, who string) ([]Explanation, error) {
	none := fmt.Errorf("%w: no run of %s to explain: run it first, or with --dry-run --only", ErrUsage, flow)
	if a.store == nil {
		return nil, none
	}
	kept, err := a.store.LastPlan(ctx, flow)
	if errors.Is(err, state.ErrNotFound) {
		return nil, none
	}
	if err != nil {
		return nil, err
	}
	record, err := a.store.Run(ctx, kept.Run)
	if err != nil {
		return nil, err
	}
	stored, err := readPlan(kept, true)
	if err != nil {
		return nil, err
	}
	found, err := explainPlan(record, stored.plan, stored.people, who)
	if err != nil {
		return nil, err
	}
	rows, err := a.store.Rows(ctx, record.ID)
	if err != nil {
		return nil, err
	}
	for i := range found {
		found[i].Why += applied(record, found[i], rows)
	}
	return found, nil
}

// applied says how far an item has come.
func applied(record state.Record, e Explanation, rows []apply.Outcome) string {
	if e.Action == plan.Unchanged || e.Action == plan.Reject {
		return ""
	}
	for _, r := range rows {
		if r.Item != e.item {
			continue
		}
		switch r.Step {
		case apply.Applied:
			return "; applied at " + r.At.Local().Format("2006-01-02 15:04:05")
		case apply.Refused, apply.Skipped:
			return "; not applied: " + r.Message
		default:
			return "; it is not known yet whether Lucca applied it: the next run of the flow asks"
		}
	}
	if record.Outcome == run.Held {
		return "; but the run is held, and nothing was applied"
	}
	return "; not applied"
}
