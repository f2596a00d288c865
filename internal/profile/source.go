package profile

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
)

// Note tells what is worth saying about how a value was found.
type Note uint8

// The notes.
const (
	// NoNote: nothing to say; the value may still be empty.
	NoNote Note = iota
	// NotVisible: Lucca left the property out: the API key may not see it.
	NotVisible
	// ManagerLeft: the employee has a manager who has left or cannot be read.
	ManagerLeft
	// ManagerLacks: there is such a manager, without the wanted property.
	ManagerLacks
	// TypeUnlabelled: the contract has a type without a label in lucca.contract_types.
	TypeUnlabelled
	// UnknownReference: the employee refers to something that Lucca does not list.
	UnknownReference
	// CodeMissing: what the employee refers to has no code in Lucca.
	CodeMissing
	// NotAPhone, NotADate and NotANumber: a function cannot read the value.
	NotAPhone
	NotADate
	NotANumber
	// Emptied: Lucca has a value, of which the expression leaves nothing.
	Emptied
)

// Value is what a source says about one employee.
type Value struct {
	Text string
	// Date is set instead of Text by sources of days.
	Date roster.Date
	Note Note
	// Final: the value table has chosen where the value is from, and does not translate it.
	Final bool
}

// IsZero reports whether there is no value.
func (v Value) IsZero() bool { return v.Text == "" && v.Date.IsZero() }

// String writes the value; a day as YYYY-MM-DD.
func (v Value) String() string {
	if v.Text == "" {
		return v.Date.String()
	}
	return v.Text
}

// source reads one value, and says what that needs.
type source struct {
	// need returns what must be read from Lucca, or else what the configuration lacks.
	need need
	// fields are the properties of the employee that Lucca may hide.
	fields roster.Fields
	// newer: not every Lucca has it, and what comes behind it is enough.
	newer bool
	// email keeps only values that are e-mail addresses.
	email bool
	// lacks is the short name of the property of a manager; empty for other sources.
	lacks string
	// who is the person that the value is about, of a source with lacks.
	who who
	// id is that person's Lucca id, also of one who has left.
	id   func(*roster.Roster, *roster.Employee) int
	read reader
}

type (
	need   func(Sources) (query roster.Query, missing string)
	reader func(*roster.Roster, *roster.Employee) Value
)

// always is the need of a source that depends on no setting.
func always(q roster.Query) need { return func(Sources) (roster.Query, string) { return q, "" } }

// AboutManager reports whether the column is about someone the employee refers to, and
// the short name, such as number, of what it shows of them. Such a column may be empty
// without rejecting the row: not everybody has a manager.
func (c *BoundColumn) AboutManager() (property string, ok bool) {
	if len(c.sources) == 0 {
		return "", false
	}
	return c.sources[0].lacks, c.sources[0].lacks != ""
}

// Read returns the value of the column for an employee: that of the first source that
// has one. Without any, the note of the first source stands.
func (c *BoundColumn) Read(r *roster.Roster, e *roster.Employee) Value {
	if len(c.sources) == 1 {
		if s := &c.sources[0]; e.Hidden&s.fields == 0 && !s.email { // as value does
			return s.read(r, e)
		}
	}
	return firstOf(c.sources, r, e)
}

// Otherwise is the value of the sources that are about nobody else, such as a word for whoever has
// no manager.
func (c *BoundColumn) Otherwise(r *roster.Roster, e *roster.Employee) Value {
	own := slices.DeleteFunc(slices.Clone(c.sources), func(s source) bool { return s.lacks != "" })
	return firstOf(own, r, e)
}

func firstOf(sources []source, r *roster.Roster, e *roster.Employee) Value {
	var first Value
	for i := range sources {
		v := sources[i].value(r, e, i == len(sources)-1)
		if !v.IsZero() {
			return v
		}
		if i == 0 {
			first = v
		}
	}
	return first
}

// value reads the source, unless Lucca hides what it is made of. last: nothing comes behind it.
func (s *source) value(r *roster.Roster, e *roster.Employee, last bool) (v Value) {
	if e.Hidden&s.fields != 0 {
		if !s.newer || last {
			v.Note = NotVisible
		}
		return v
	}
	v = s.read(r, e)
	if s.email && v.Text != "" && !person.IsAddress(v.Text) {
		v.Text, v.Note = "", Emptied
	}
	return v
}

// textOf describes a property that a column can show as text.
type textOf struct {
	field roster.Fields
	// property is the word of a finding about a manager who lacks it.
	property string
	query    roster.Query
	get      func(*roster.Employee) string
}

// textNamed finds a text by the name of API v3, or language, which is the first half of
// culture.
func textNamed(name string) (textOf, bool) {
	if name == "language" {
		return textOf{roster.Culture, name, roster.Query{Fields: roster.Culture}, func(e *roster.Employee) string {
			language, _, _ := strings.Cut(e.Culture, "-")
			return language
		}}, true
	}
	p, ok := roster.PropertyNamed(name)
	if !ok || p.Kind == roster.Day || p.Kind == roster.CycleID || p.Refers() && p.Kind != roster.NamedID {
		return textOf{}, false
	}
	word := p.Word
	if word == "" {
		word = p.Name
	}
	return textOf{p.Field, word, roster.Query{Fields: p.Field}, p.Text}, true
}

// relations are the people that an employee refers to. The longer prefix comes first.
var relations = []relation{
	{"manager.manager.", roster.Manager, always(roster.Query{}), (*roster.Roster).SecondManager, secondManagerID},
	{"manager.", roster.Manager, always(roster.Query{}), (*roster.Roster).Manager, managerID},
	{"hrManager.", roster.Extensions, extension("hr_manager", false), (*roster.Roster).HRManager, hrManagerID},
}

type relation struct {
	prefix string
	field  roster.Fields
	need   need
	who    who
	id     func(*roster.Roster, *roster.Employee) int
}

func managerID(_ *roster.Roster, e *roster.Employee) int { return e.ManagerID }

// secondManagerID is the manager of the manager; where that one has left, the manager is who is to
// be looked at.
func secondManagerID(r *roster.Roster, e *roster.Employee) int {
	if m, _ := r.Manager(e); m != nil && m.Hidden&roster.Manager == 0 {
		return m.ManagerID
	}
	return e.ManagerID
}

// hrManagerID is 0 where the custom field has no number.
func hrManagerID(r *roster.Roster, e *roster.Employee) int {
	id, err := strconv.Atoi(strings.TrimSpace(r.Extension(e, "hr_manager")))
	if err != nil {
		return 0
	}
	return id
}

type who func(*roster.Roster, *roster.Employee) (*roster.Employee, roster.Relation)

// Refers returns the person that the column is about, or nil.
func (c *BoundColumn) Refers(r *roster.Roster, e *roster.Employee) *roster.Employee {
	if len(c.sources) == 0 || c.sources[0].who == nil || e.Hidden&c.sources[0].fields != 0 {
		return nil
	}
	m, _ := c.sources[0].who(r, e)
	return m
}

// RefersTo is the Lucca id of the person that the column is about, also of one who has left or
// cannot be read; 0 where it is not known.
func (c *BoundColumn) RefersTo(r *roster.Roster, e *roster.Employee) int {
	if len(c.sources) == 0 || c.sources[0].id == nil || e.Hidden&c.sources[0].fields != 0 {
		return 0
	}
	return c.sources[0].id(r, e)
}

// ofEmployee finds the sources that are a property of the employee.
func ofEmployee(name string) (source, bool) {
	if name == "id" {
		return source{need: always(roster.Query{}), read: func(_ *roster.Roster, e *roster.Employee) Value {
			return Value{Text: strconv.Itoa(e.ID)}
		}}, true
	}
	if t, ok := textNamed(name); ok {
		return source{
			need:   always(t.query),
			fields: t.field,
			read:   func(_ *roster.Roster, e *roster.Employee) Value { return Value{Text: t.get(e)} },
		}, true
	}
	p, ok := roster.PropertyNamed(name)
	if !ok || p.Kind != roster.Day {
		return source{}, false
	}
	return source{
		need:   always(roster.Query{Fields: p.Field}),
		fields: p.Field,
		read:   func(_ *roster.Roster, e *roster.Employee) Value { return Value{Date: p.Date(e)} },
	}, true
}

// ofRelation finds the sources that are about someone the employee refers to: a text of theirs,
// or where they work.
func ofRelation(name string) (source, bool) {
	for _, rel := range relations {
		property, ok := strings.CutPrefix(name, rel.prefix)
		if !ok {
			continue
		}
		if t, ok := textNamed(property); ok {
			of, _ := ofEmployee(property)
			return rel.source(of, t.property), true
		}
		if of, ok := ofPlace(property); ok {
			return rel.source(of, property[strings.LastIndexByte(property, '.')+1:]), true
		}
	}
	return source{}, false
}

// source is another one, read of the person who is referred to. property is what a finding
// calls it.
func (rel relation) source(of source, property string) source {
	return source{
		need: func(have Sources) (roster.Query, string) {
			q, missing := rel.need(have)
			theirs, lacks := of.need(have)
			// Whether a manager has left shows in the end of the contract.
			return q.Union(theirs).Union(roster.Query{Fields: rel.field | roster.ContractEnd}), cmp.Or(missing, lacks)
		},
		fields: rel.field,
		lacks:  property,
		who:    rel.who,
		id:     rel.id,
		read: func(r *roster.Roster, e *roster.Employee) (v Value) {
			switch m, state := rel.who(r, e); state {
			case roster.Left:
				v.Note = ManagerLeft
			case roster.Found:
				if v = of.value(r, m, true); v.IsZero() && v.Note == NoNote {
					v.Note = ManagerLacks
				}
			}
			return v
		},
	}
}

// ofContract finds the sources that come from the applicable work contract and the pay.
func ofContract(name string) (source, bool) {
	switch name {
	case "status":
		const fields = roster.ContractStart | roster.ContractEnd
		return source{
			need:   always(roster.Query{Fields: fields}),
			fields: fields,
			read: func(r *roster.Roster, e *roster.Employee) Value {
				return Value{Text: string(e.StatusOn(r.Day()))}
			},
		}, true
	case "employment.start", "employment.end":
		const fields = roster.ContractStart | roster.ContractEnd
		return source{
			need:   always(roster.Query{Fields: fields, Chains: true}),
			fields: fields,
			read: func(r *roster.Roster, e *roster.Employee) Value {
				m := r.Employment(e)
				if name == "employment.start" {
					return Value{Date: m.Start}
				}
				return Value{Date: m.End}
			},
		}, true
	case "contract.type":
		return source{need: contractTypes, read: func(r *roster.Roster, e *roster.Employee) Value {
			label, known := r.ContractType(e)
			if !known {
				return Value{Note: TypeUnlabelled}
			}
			return Value{Text: label}
		}}, true
	case "contract.category":
		return source{
			need: always(roster.Query{Contracts: true, Categories: true}),
			read: func(r *roster.Roster, e *roster.Employee) Value {
				return listed(r.Category(e), r.Contract(e).CategoryID)
			},
		}, true
	case "annualSalary":
		return source{need: salary, read: func(r *roster.Roster, e *roster.Employee) Value {
			return Value{Text: r.AnnualSalary(e)}
		}}, true
	}
	return source{}, false
}

// ofSetting finds the sources that the customer sets up by name or level.
func ofSetting(name string) (source, bool) {
	if ours, ok := strings.CutPrefix(name, "extension."); ok && ours != "" {
		return source{need: extension(ours, true), fields: roster.Extensions, read: func(r *roster.Roster, e *roster.Employee) Value {
			f, known := r.ExtensionField(ours)
			return custom(r.Extension(e, ours), f, known)
		}}, true
	}
	if strings.HasPrefix(name, "e_") && len(name) > len("e_") {
		q := roster.Query{Fields: roster.Extensions, Codes: []string{name}, Definitions: true}
		return source{need: always(q), fields: roster.Extensions, read: func(r *roster.Roster, e *roster.Employee) Value {
			f, known := r.Field(name)
			return custom(e.Extensions[name], f, known)
		}}, true
	}
	rest, ok := strings.CutPrefix(name, "costCenter.")
	number, what, _ := strings.Cut(rest, ".")
	level, isLevel := levelOf(number)
	if !ok || !isLevel || what != "code" && what != "label" {
		return source{}, false
	}
	return source{
		need:   axis(level),
		fields: roster.Axes,
		read: func(r *roster.Roster, e *roster.Employee) Value {
			section := r.CostCenter(e, level)
			switch {
			case what == "label":
				return Value{Text: section.Name}
			case section.Code == "" && section.ID != 0:
				return Value{Note: CodeMissing}
			}
			return Value{Text: section.Code}
		},
	}, true
}

// custom is the value of a custom field: a day where it holds one. Entries of a list are names,
// and several values are joined, when Lucca is read.
func custom(text string, f roster.Field, known bool) Value {
	if known && f.Kind == roster.DateField && !f.Multiple {
		if day, err := roster.ParseDate(text); err == nil {
			return Value{Date: day}
		}
	}
	return Value{Text: text}
}

// listed is a text about something that the employee refers to by an id.
func listed(text string, id int) Value {
	if text == "" && id != 0 {
		return Value{Note: UnknownReference}
	}
	return Value{Text: text}
}

// extension needs a custom field; typed says that what it holds decides how it reads.
func extension(name string, typed bool) need {
	return func(have Sources) (roster.Query, string) {
		if have.Extensions[name] == "" {
			return roster.Query{}, fmt.Sprintf("set lucca.extensions.%s to the code (e_…) of the custom field that holds it", name)
		}
		return roster.Query{Fields: roster.Extensions, Definitions: typed}, ""
	}
}

func contractTypes(have Sources) (roster.Query, string) {
	if !have.ContractTypes && !have.Labels {
		return roster.Query{}, "set lucca.contract_types, since Lucca's API has no labels of contract types; or lucca.oauth, whose API has them"
	}
	return roster.Query{Contracts: true, ContractTypes: !have.ContractTypes}, ""
}

func salary(have Sources) (roster.Query, string) {
	switch have.Salary {
	case SalaryFromPay:
		return roster.Query{Pay: true}, ""
	case SalaryFromExtension:
		return roster.Query{Fields: roster.Extensions}, ""
	default:
		return roster.Query{}, "set lucca.annual_salary"
	}
}
