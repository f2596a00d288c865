package plan

import (
	"slices"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/run"
)

// Action is what a plan does to one employee.
type Action string

// The actions.
const (
	Create Action = "create"
	Update Action = "update"
	// End sets the last day of a contract, in the past or in the future.
	End Action = "end"
	// Rehire gives a former employee a new contract.
	Rehire    Action = "rehire"
	Unchanged Action = "unchanged"
	Reject    Action = "reject"
)

// Plan is the frozen list of what an import would do: what is approved is what is
// applied.
type Plan struct {
	// Items are in the order of the rows; after them, with Row 0, the employees who are
	// absent from a full file and are to be ended.
	Items    []Item
	Findings []finding.Finding
	// Rest is what there was no room for among the findings.
	Rest []finding.Rest
	// Columns are those of the file, that of the identifier first; see Locate.
	Columns []Column
	// Doubts are about the file as a whole; what is stored has none.
	Doubts Doubts
}

// Locate points a finding about a row of the file at a cell of it: that of its column, or
// that of the identifier when it has no column or the file lacks it.
func (p *Plan) Locate(f finding.Finding) finding.Finding {
	if f.Row == 0 || len(p.Columns) == 0 {
		return f
	}
	at := max(0, slices.IndexFunc(p.Columns, func(c Column) bool { return c.Code == f.Column }))
	if f.Column == "" {
		f.Column = p.Columns[at].Code
	}
	if p.Columns[at].Index < 0 {
		return f
	}
	return f.At(f.Row, p.Columns[at].Index)
}

// InFile are the Lucca ids of the employees whom a row of the file is about.
func (p *Plan) InFile() []int {
	var ids []int
	for i := range p.Items {
		if item := &p.Items[i]; item.Row != 0 && item.EmployeeID != 0 {
			ids = append(ids, item.EmployeeID)
		}
	}
	return ids
}

// Item is what happens to one row.
type Item struct {
	// Row is the row in the file; 0 for an employee who is not in it.
	Row    int    `json:"row,omitempty"`
	Action Action `json:"action"`
	// EmployeeID is the Lucca id; 0 for a creation, and for a rejected row of which it is
	// not known whom it is about.
	EmployeeID int `json:"employee_id,omitempty"`
	// Login is the one that the employee has after the change; empty for a rejected row
	// about nobody in Lucca.
	Login string `json:"login,omitempty"`
	// Set holds the properties that are sent, by code: see Codes. Only what changes is in
	// it, so that an unchanged or rejected row has none.
	Set Set `json:"set,omitzero"`
	// Contract is what becomes of the employee's work contracts; nil when the item changes none,
	// or only as the user shows it.
	Contract *ContractChange `json:"contract,omitempty"`
	// Basis is a fingerprint of the employee as the plan saw them: when it is no longer
	// theirs at the time of an approved apply, somebody has changed them since. Only items
	// with an employee and a Set have one.
	Basis string `json:"basis,omitempty"`
}

// signs reports whether the item makes a new contract, beside those that there are.
func (i *Item) signs() bool { return i.Contract != nil && i.Contract.ID == 0 }

// Change is the new value of one property. From and To are as a person reads them, dates
// as YYYY-MM-DD; empty is none. What Lucca is sent follows from To, or for a reference from
// IDs.
type Change struct {
	From string `json:"from"`
	To   string `json:"to"`
	// IDs are what a reference points at: the Lucca id of an establishment, department,
	// role, category or manager, the LCID of a culture; several for secondary roles. None
	// at all clears the secondary roles or, unless Row is set, the manager.
	IDs []int `json:"ids,omitempty"`
	// Row is the row that creates the manager, who has no id yet.
	Row int `json:"row,omitempty"`
	// ExtensionID is the id of the value of a custom field that is there already.
	ExtensionID int `json:"extension_id,omitempty"`
	// Wire is the JSON that a custom field is sent, where Lucca tells what the field holds.
	Wire string `json:"wire,omitempty"`
}

// replaces reports whether one value comes in the place of another.
func (c Change) replaces() bool { return c.From != "" && c.To != "" }

// Changes counts the items by action, as a run does.
type Changes = run.Changes

// Changes counts the items.
func (p *Plan) Changes() Changes {
	var c Changes
	for i := range p.Items {
		switch p.Items[i].Action {
		case Create:
			c.Create++
		case Update:
			c.Update++
		case End:
			c.End++
		case Rehire:
			c.Rehire++
		case Unchanged:
			c.Unchanged++
		case Reject:
			c.Reject++
		}
	}
	return c
}
