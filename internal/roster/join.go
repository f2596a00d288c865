package roster

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Status says where a day falls in someone's employment.
type Status string

// The three states that Lucca computes from contracts too.
const (
	Active   Status = "active"
	Upcoming Status = "upcoming"
	Former   Status = "former"
)

// StatusOn returns the employee's status on a day. The contract's last day counts as
// active. Someone without a contract start is active: Lucca lets them sign in.
func (e *Employee) StatusOn(d Date) Status {
	switch {
	case !e.ContractEnd.IsZero() && e.ContractEnd.Before(d):
		return Former
	case e.ContractStart.After(d):
		return Upcoming
	default:
		return Active
	}
}

// Relation is the outcome of looking for somebody's manager.
type Relation int

const (
	// NoRelation: the employee has none: null in Lucca, or oneself.
	NoRelation Relation = iota
	// Found: an employee who has not left.
	Found
	// Left: an employee who has left, or an id that Lucca did not list: a former
	// employee, or one outside the perimeter of the API key.
	Left
)

// Manager returns the employee's manager. The employee is nil unless the relation is
// Found.
func (r *Roster) Manager(e *Employee) (*Employee, Relation) {
	if e.ManagerID == e.ID {
		return nil, NoRelation
	}
	return relation(r, e.ManagerID, e.links.manager)
}

// SecondManager returns the manager's manager (N+2). The walk stops at null, at
// somebody who manages themselves, and where it would come back to the employee.
func (r *Roster) SecondManager(e *Employee) (*Employee, Relation) {
	m, rel := r.Manager(e)
	if rel != Found {
		return nil, rel
	}
	if m.Hidden&Manager != 0 {
		return nil, Left
	}
	if m.ManagerID == e.ID {
		return nil, NoRelation
	}
	return r.Manager(m)
}

// HRManager returns the employee whose id is in the custom field "hr_manager" of the
// settings. A text that is no id refers to somebody who cannot be read.
func (r *Roster) HRManager(e *Employee) (*Employee, Relation) {
	text := strings.TrimSpace(r.Extension(e, "hr_manager"))
	if text == "" {
		return nil, NoRelation
	}
	id, err := strconv.Atoi(text)
	if err != nil {
		return nil, Left
	}
	return relation(r, id, r.byID[id])
}

func relation(r *Roster, id int, m *Employee) (*Employee, Relation) {
	if id == 0 {
		return nil, NoRelation
	}
	if m == nil || m.StatusOn(r.settings.Day) == Former {
		return nil, Left
	}
	return m, Found
}

// Extension returns the value of a custom field by our name of it, or nothing.
func (r *Roster) Extension(e *Employee, name string) string {
	return e.Extensions[r.settings.Extensions[name]]
}

// ExtensionField returns the definition of a custom field by our name of it.
func (r *Roster) ExtensionField(name string) (Field, bool) {
	return r.Field(r.settings.Extensions[name])
}

// Establishment returns the employee's establishment; the zero one when there is none.
func (r *Roster) Establishment(e *Employee) Establishment {
	return e.links.establishment
}

// LegalUnit returns the company above the employee's establishment; the zero one when
// there is none.
func (r *Roster) LegalUnit(e *Employee) LegalUnit {
	return e.links.unit
}

// Department returns the names from the top of the tree down to the employee's own
// department; nil when there is none, or none that is listed.
func (r *Roster) Department(e *Employee) []string { return e.links.department }

// DepartmentCodes returns the codes along Department; one that has none, or is not listed, is
// empty.
func (r *Roster) DepartmentCodes(e *Employee) []string { return r.departmentCodes[e.DepartmentID] }

// DepartmentLevel returns the name of the employee's department on a level of the tree,
// 1 being the top, or nothing when the department is not that deep.
func (r *Roster) DepartmentLevel(e *Employee, level int) string {
	path := e.links.department
	if level < 1 || level > len(path) {
		return ""
	}
	return path[level-1]
}

// Contract returns the employee's applicable work contract; the zero one when there is
// none.
func (r *Roster) Contract(e *Employee) Contract { return e.links.contract }

// Category returns the occupation category of the employee's contract, or nothing.
func (r *Roster) Category(e *Employee) string {
	return e.links.category
}

// ContractType returns the label of the employee's contract type, that of the settings before
// that of Lucca. known is false when there is a contract whose type neither labels.
func (r *Roster) ContractType(e *Employee) (label string, known bool) {
	if e.links.contract.TypeID == 0 {
		return "", true
	}
	return r.ContractTypes().Label(e.links.contract.TypeID)
}

// CostCenterLevels is how many axes are cost centres.
func (r *Roster) CostCenterLevels() int { return len(r.settings.CostCenterAxes) }

// CostCenter returns the employee's section on the axis of a cost centre level, 1 being
// the first; the zero one when there is none.
func (r *Roster) CostCenter(e *Employee, level int) Section {
	if level < 1 || level > len(r.settings.CostCenterAxes) {
		return Section{}
	}
	axis := r.settings.CostCenterAxes[level-1]
	if id, own := e.Sections[axis]; own {
		return r.sections[id]
	}
	// A super-axis has no value of its own: its section is a parent of that of another axis.
	for _, lower := range r.settings.CostCenterAxes {
		if up, found := above(r, r.sections[e.Sections[lower]], axis, maxLevels); found {
			return up
		}
	}
	return Section{}
}

// above finds the section of an axis that another section belongs to.
func above(r *Roster, s Section, axis, levels int) (up Section, found bool) {
	for _, id := range s.Parents {
		parent, listed := r.sections[id]
		if listed && parent.AxisID == axis {
			return parent, true
		}
		if levels > 0 && listed {
			if up, found = above(r, parent, axis, levels-1); found {
				return up, true
			}
		}
	}
	return Section{}, false
}

// AnnualSalary returns the employee's annual gross salary as a decimal number with a
// dot and two decimals, or nothing. A custom field is returned as it is.
func (r *Roster) AnnualSalary(e *Employee) string {
	if code := r.settings.SalaryExtension; code != "" {
		return e.Extensions[code]
	}
	return e.links.salary
}

// salaries adds up each employee's basic pay items in force on the day, of the contract that
// applies on it, times the pay periods of a year, and rounds to the cent.
func salaries(items []PayItem, s Settings) map[int]string {
	sums := make(map[int]*big.Rat)
	periods := new(big.Rat).SetInt64(int64(s.PayPeriods))
	for _, p := range items {
		inForce := !p.StartsOn.After(s.Day) && (p.EndsOn.IsZero() || !p.EndsOn.Before(s.Day))
		// An item that is left open when its contract ended is nobody's pay any more, and one of
		// a contract that is signed and has not begun is not yet.
		if !p.Basic || !inForce || !p.Contract.covers(s.Day) || p.Amount == nil {
			continue
		}
		annual := new(big.Rat).Mul(p.Amount, periods)
		if sum := sums[p.OwnerID]; sum != nil {
			annual.Add(annual, sum)
		}
		sums[p.OwnerID] = annual
	}
	texts := make(map[int]string, len(sums))
	for id, sum := range sums {
		texts[id] = sum.FloatString(2)
	}
	return texts
}

// maxLevels bounds the walk up the department tree, which Lucca limits to 9 levels, so
// that paths which loop end.
const maxLevels = 16

// paths returns, by department id, the names, and the codes, from the top of the tree down to
// the department itself. A level above it that is not listed has neither, so that the
// department stays on its own level.
func paths(departments []Department) (names, codes map[int][]string) {
	byPath := make(map[string]Department, len(departments))
	for _, d := range departments {
		byPath[d.Hierarchy] = d
	}
	names, codes = make(map[int][]string, len(departments)), make(map[int][]string, len(departments))
	for _, d := range departments {
		name, code := []string{d.Name}, []string{d.Code}
		for up, ok := byPath[d.Parent]; ok && up.ID != d.ID && len(name) < maxLevels; up, ok = byPath[up.Parent] {
			name, code = append(name, up.Name), append(code, up.Code)
		}
		for len(name) < min(depth(d.Hierarchy), maxLevels) {
			name, code = append(name, ""), append(code, "")
		}
		slices.Reverse(name)
		slices.Reverse(code)
		names[d.ID], codes[d.ID] = name, code
	}
	return names, codes
}

// depth counts the ranks in a path such as "/1.0/2.0/".
func depth(hierarchy string) int {
	return len(strings.FieldsFunc(hierarchy, func(r rune) bool { return r == '/' }))
}
