// Package roster is the domain: the employees of one Lucca tenant, as they are on one
// day, with everything they refer to joined.
//
// It knows nothing of HTTP, files or partners. The lucca package reads a Snapshot, the
// parts as Lucca lists them; New joins them into a Roster, which answers questions such
// as "who is this employee's manager's manager". A Roster does not change after New and
// may be read from several goroutines.
//
// Lucca's naming trap: what API v3 calls legalEntity is an Establishment here, and the
// company above it is a LegalUnit, as in API v4.
package roster

import (
	"cmp"
	"errors"
	"math/big"
	"slices"
	"strings"

	"lucca-exchange/internal/fault"
)

// Fields is a set of properties of an employee.
type Fields uint64

// The properties that this program knows by itself; Properties has all. The id is always read.
const (
	Login Fields = 1 << iota
	Mail
	EmployeeNumber
	LastName
	FirstName
	JobTitle
	Gender
	ProfessionalMobile
	DirectLine
	BirthDate
	ContractStart
	ContractEnd
	Culture
	Manager
	EstablishmentRef
	DepartmentRef
	Extensions
	Axes
	PersonalMail
	PersonalMobile
	Address
	PrimaryRole
	SecondaryRoles
	CategoryRef
	// Profiles are the profiles of applications, such as profile_figgo.
	Profiles
)

// Names lists the properties in the set as Lucca's API v3 calls them.
func (f Fields) Names() []string {
	var names []string
	for _, list := range [][]Property{table, families} {
		for i := range list {
			if f&list[i].Field != 0 {
				names = append(names, list[i].Name)
			}
		}
	}
	return names
}

// Employee is one person in Lucca. A text that Lucca gives as null is empty here; a
// property that Lucca left out of its answer, because the role of the API key may not
// see it, is in Hidden.
type Employee struct {
	ID int

	Login, Mail, EmployeeNumber    string
	LastName, FirstName            string
	JobTitle, Gender               string
	ProfessionalMobile, DirectLine string
	PersonalMail, PersonalMobile   string
	Address                        string
	// Culture is a language tag such as fr-FR.
	Culture string

	BirthDate Date
	// ContractStart and ContractEnd are those of the applicable work contract: today's,
	// else the first upcoming one, else the last. The end is the last day in the
	// company; none when the contract is open-ended.
	ContractStart, ContractEnd Date

	// References by Lucca id; 0 is none.
	ManagerID, EstablishmentID, DepartmentID int
	RoleID, CategoryID                       int
	// SecondaryRoleIDs are in ascending order.
	SecondaryRoleIDs []int

	// Extensions are the custom fields, by code (e_…), with their values as text.
	Extensions map[string]string
	// ExtensionIDs are the ids of the values of Query.Codes, which a change of one must
	// name.
	ExtensionIDs map[string]int
	// ExtensionParts are the values of those of Query.Codes that hold several.
	ExtensionParts map[string][]FieldPart
	// Sections are the axis sections (cost centres), by axis id.
	Sections map[int]int
	// Others are the properties that nothing here reads by itself, by their Name.
	Others map[string]Datum

	Hidden Fields

	// links are what the references above point at; New sets them, so that reading a
	// cell costs no look-up.
	links *links
}

// links are the joins of one employee; nil where there is nothing.
type links struct {
	// index is the employee's own place in the order of the roster.
	index         int
	manager       *Employee
	establishment Establishment
	unit          LegalUnit
	department    []string
	contract      Contract
	contracts     []Contract
	employment    Employment
	category      string
	salary        string
}

// Establishment is a site; v3 calls it legalEntity.
type Establishment struct {
	ID          int
	Name, Code  string
	LegalUnitID int
}

// LegalUnit is the company to which establishments belong.
type LegalUnit struct {
	ID         int
	Name, Code string
}

// Department is one node of the department tree.
type Department struct {
	ID         int
	Name, Code string
	// Hierarchy and Parent are Lucca's paths of ranks, such as "/1.0/2.0/" and "/1.0/":
	// the parent of a department is the one whose Hierarchy is its Parent.
	Hierarchy, Parent string
}

// ContractType is what contracts are made as, such as "CDI".
type ContractType struct {
	ID    int
	Label string
}

// Category is an occupation category (CSP), such as "Cadre".
type Category struct {
	ID   int
	Name string
}

// Role is what an account may do in Lucca, such as "Utilisateur".
type Role struct {
	ID   int
	Name string
}

// PayItem is one fixed element of someone's pay.
type PayItem struct {
	OwnerID int
	// Basic tells the salary itself (category BASIC_SALARY) from bonuses and benefits.
	Basic bool
	// Amount is per pay period of the item's nature, in the establishment's currency.
	Amount *big.Rat
	// StartsOn and EndsOn are inclusive; no EndsOn means open-ended.
	StartsOn, EndsOn Date
	// Contract holds the days of the work contract that the item belongs to, where Lucca says.
	Contract Contract
}

// Section is one section of an analytical axis, such as a cost centre.
type Section struct {
	ID, AxisID int
	Name, Code string
	// Parents are the ids of the sections of other axes that it belongs to.
	Parents []int
}

// Snapshot is what was read from Lucca, in no particular order. Parts that were not
// asked for are empty.
type Snapshot struct {
	Employees      []Employee
	Establishments []Establishment
	LegalUnits     []LegalUnit
	Departments    []Department
	Contracts      []Contract
	ContractTypes  []ContractType
	// Fields define custom fields, where Lucca tells.
	Fields     []Field
	Categories []Category
	Roles      []Role
	Pay        []PayItem
	Sections   []Section
}

// Settings are the customer's answers to what Lucca's API does not say.
type Settings struct {
	// Day is the local day that the roster describes.
	Day Date
	// ContractTypes labels Contract.TypeID.
	ContractTypes map[int]string
	// Extensions maps our name of a custom field (hr_manager) to its code (e_hr_manager).
	Extensions map[string]string
	// CostCenterAxes lists axis ids: the first is cost centre level 1.
	CostCenterAxes []int
	// SalaryExtension is the code of a custom field that holds the annual gross salary;
	// when empty the salary comes from the pay items.
	SalaryExtension string
	// PayPeriods is how many times a year a basic pay item is paid; 0 when salaries are
	// not configured.
	PayPeriods int
}

// ErrInconsistent is wrapped by New when the snapshot cannot be what a tenant holds,
// such as the same employee twice.
var ErrInconsistent = errors.New("inconsistent roster")

// Roster answers questions about a Snapshot. Employees given to its methods must be its
// own.
type Roster struct {
	settings Settings
	// employees is ordered by employee number, then id.
	employees []*Employee
	byID      map[int]*Employee
	sections  map[int]Section
	types     map[int]ContractType
	fields    map[string]Field
	lists     Lists
	// departments are the names from the top of the tree down, by department id.
	departments map[int][]string
	// departmentCodes are the codes along them.
	departmentCodes map[int][]string
}

// Lists are what an employee can be given by name: the references of a user file are
// looked up in them. They hold what the query asked for, in Lucca's order.
type Lists struct {
	Establishments []Establishment
	Departments    []Department
	Categories     []Category
	Roles          []Role
	Sections       []Section
}

// New joins a snapshot, whose employees it keeps. It returns an error wrapping
// ErrInconsistent when two employees share an id or an employee has none.
func New(s Snapshot, settings Settings) (*Roster, error) {
	r := &Roster{
		settings:  settings,
		employees: make([]*Employee, 0, len(s.Employees)),
		byID:      make(map[int]*Employee, len(s.Employees)),
		sections:  index(s.Sections, func(s Section) int { return s.ID }),
		fields:    index(s.Fields, func(f Field) string { return strings.ToLower(f.Code) }),
		types:     index(s.ContractTypes, func(t ContractType) int { return t.ID }),
		lists: Lists{
			Establishments: s.Establishments, Departments: s.Departments,
			Categories: s.Categories, Roles: s.Roles, Sections: s.Sections,
		},
	}
	for i := range s.Employees {
		e := &s.Employees[i]
		if e.ID <= 0 {
			return nil, fault.Of(ErrInconsistent, "an employee has no id")
		}
		if _, twice := r.byID[e.ID]; twice {
			return nil, fault.Of(ErrInconsistent, "employee id %d is listed twice", e.ID)
		}
		r.byID[e.ID] = e
		r.employees = append(r.employees, e)
	}
	link(r, s)
	slices.SortFunc(r.employees, func(a, b *Employee) int {
		return cmp.Or(strings.Compare(a.EmployeeNumber, b.EmployeeNumber), cmp.Compare(a.ID, b.ID))
	})
	for i, e := range r.employees {
		e.links.index = i
	}
	return r, nil
}

// link resolves each employee's references.
func link(r *Roster, s Snapshot) {
	establishments := index(s.Establishments, func(e Establishment) int { return e.ID })
	units := index(s.LegalUnits, func(u LegalUnit) int { return u.ID })
	contracts := byOwner(s.Contracts)
	categories := index(s.Categories, func(c Category) int { return c.ID })
	r.departments, r.departmentCodes = paths(s.Departments)
	salaries := salaries(s.Pay, r.settings)
	all := make([]links, len(s.Employees))
	for i := range s.Employees {
		e := &s.Employees[i]
		var contract Contract
		mine := contracts[e.ID]
		if at := Applicable(mine, r.settings.Day); at >= 0 {
			contract = mine[at]
		}
		establishment := establishments[e.EstablishmentID]
		all[i] = links{
			manager:       r.byID[e.ManagerID],
			establishment: establishment,
			unit:          units[establishment.LegalUnitID],
			department:    r.departments[e.DepartmentID],
			contract:      contract,
			contracts:     mine,
			employment:    employment(mine, e, r.settings.Day),
			category:      categories[contract.CategoryID].Name,
			salary:        salaries[e.ID],
		}
		e.links = &all[i]
	}
}

// index returns the elements by their key, the last one of equal keys.
func index[T any, K comparable](list []T, key func(T) K) map[K]T {
	m := make(map[K]T, len(list))
	for _, v := range list {
		m[key(v)] = v
	}
	return m
}

// Day returns the local day that the roster describes.
func (r *Roster) Day() Date { return r.settings.Day }

// Employees returns everyone, ordered by employee number, then id. The caller must not
// change the slice or the employees.
func (r *Roster) Employees() []*Employee { return r.employees }

// Index returns the place of an employee of a roster among its Employees.
func (e *Employee) Index() int { return e.links.index }

// ByID returns the employee with a Lucca id, or nil.
func (r *Roster) ByID(id int) *Employee { return r.byID[id] }

// Lists returns what employees can be given by name. The caller must not change it.
func (r *Roster) Lists() Lists { return r.lists }

// DepartmentPath returns the names from the top of the tree down to the department with
// an id, or nil when none is listed. A level that is not listed has an empty name.
func (r *Roster) DepartmentPath(id int) []string { return r.departments[id] }
