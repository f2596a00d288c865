package roster

import "slices"

// Query says which parts of a tenant are wanted, so that nothing else is read from
// Lucca. The zero Query asks for the ids of present and future employees.
type Query struct {
	// Fields are the properties of the employees themselves. EstablishmentRef brings the
	// establishment's name with it.
	Fields Fields
	// Former asks for employees who have left as well.
	Former bool

	Departments bool
	// Establishments asks for the whole list, with codes; LegalUnits brings it too.
	Establishments bool
	Roles          bool
	LegalUnits     bool
	// Contracts asks for the work contract of everybody that applies. Employments asks for all of
	// them, where they can be had: Lucca shows the days of the applicable one without.
	Contracts, Employments bool
	// Chains asks for the contracts beside the applicable ones, which with the days that Lucca
	// shows of these are all: few, where Employments are many.
	Chains bool
	// ContractTypes asks for the labels of the types of contracts, which only the Lucca API
	// (v5) has; the configuration may have them too.
	ContractTypes bool
	Categories    bool
	Pay           bool
	// Axes are the analytical axes of which to read the sections.
	Axes []int
	// Codes are custom fields (e_…) to keep beside the configured ones, with the ids of
	// their values. They go with the field Extensions.
	Codes []string
	// Definitions asks what the custom fields hold: without, a value is its text.
	Definitions bool
}

// Union returns the query that asks for what either asks for.
func (q Query) Union(o Query) Query {
	axes := slices.Concat(q.Axes, o.Axes)
	slices.Sort(axes)
	codes := slices.Concat(q.Codes, o.Codes)
	slices.Sort(codes)
	return Query{
		Fields:         q.Fields | o.Fields,
		Former:         q.Former || o.Former,
		Departments:    q.Departments || o.Departments,
		Establishments: q.Establishments || o.Establishments,
		Roles:          q.Roles || o.Roles,
		LegalUnits:     q.LegalUnits || o.LegalUnits,
		Contracts:      q.Contracts || o.Contracts,
		Employments:    q.Employments || o.Employments,
		Chains:         q.Chains || o.Chains,
		Definitions:    q.Definitions || o.Definitions,
		ContractTypes:  q.ContractTypes || o.ContractTypes,
		Categories:     q.Categories || o.Categories,
		Pay:            q.Pay || o.Pay,
		Axes:           slices.Compact(axes),
		Codes:          slices.Compact(codes),
	}
}
