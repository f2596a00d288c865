package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Company is everything that a tenant knows. NewCompany invents one; a test may also
// write its own. A reference to an id that is not there is answered as null.
type Company struct {
	// Today is the day on which contracts are looked at.
	Today          Day
	LegalUnits     []LegalUnit
	Establishments []Establishment
	Departments    []Department
	Roles          []Named
	Categories     []Named // occupation categories (CSP)
	Cultures       []Named // ids are LCIDs
	// Calendars are those of public holidays, Profiles those of Absences.
	Calendars, Profiles []Named
	Axes                []Named
	Sections            []Section
	// Extensions are the codes of the custom fields, e_….
	Extensions []string
	// Fields define custom fields, for those that the list of user properties has.
	Fields []Field
	Users  []User

	// Cast says who plays which part, by user id; only NewCompany fills it.
	Cast map[Part][]int
}

// Field is the definition of a custom field. Types are Lucca's: 0 boolean, 1 integer or list
// entry, 2 number, 3 date, 4 text, 5 object.
type Field struct {
	Code, Name         string
	Type               int
	Multiple, ReadOnly bool
	Entries            []Named
}

// Named is a thing with an id and a name.
type Named struct {
	ID   int    `csv:"id"`
	Name string `csv:"name"`
}

// LegalUnit is a company of the group.
type LegalUnit struct {
	ID   int    `csv:"id"`
	Name string `csv:"name"`
	Code string `csv:"code"`
}

// Establishment is a site of a legal unit; v3 calls it legalEntity.
type Establishment struct {
	ID          int    `csv:"id"`
	Name        string `csv:"name"`
	Code        string `csv:"code"`
	LegalUnitID int    `csv:"legal_unit"`
	Archived    bool   `csv:"-"`
}

// Department is one node of the tree. Ranks is its path, 1-based: {1, 2} is the second
// child of the first root, in Lucca "/1.0/2.0/".
type Department struct {
	ID     int    `csv:"id"`
	Name   string `csv:"name"`
	Code   string `csv:"code"`
	Ranks  Ranks  `csv:"path"`
	HeadID int    `csv:"-"`
}

// Ranks is the path of a department in the tree, in a table 1/2.
type Ranks []int

// UnmarshalCSV reads the path of a table.
func (r *Ranks) UnmarshalCSV(text string) error {
	for part := range strings.SplitSeq(text, "/") {
		rank, err := strconv.Atoi(part)
		if err != nil {
			return fmt.Errorf("read path of a department: %w", err)
		}
		*r = append(*r, rank)
	}
	return nil
}

// Section is one section of an axis, such as a cost centre.
type Section struct {
	ID     int    `csv:"id"`
	AxisID int    `csv:"axis"`
	Name   string `csv:"name"`
	Code   string `csv:"code"`
	// Parents are the ids of the sections of a super-axis that it belongs to; Closed ones are
	// listed only when asked for.
	Parents []int `csv:"-"`
	Closed  bool  `csv:"-"`
}

// User is one person. Empty texts, zero ids and zero days are null in answers.
type User struct {
	ID                             int
	FirstName, LastName            string
	Login, Mail, EmployeeNumber    string
	JobTitle, Gender               string
	DirectLine, ProfessionalMobile string
	PersonalMail, PersonalMobile   string
	Address, Quote, NationalityID  string
	CivilTitle, ExternalID         string
	BirthDate, SeniorityDate       Day
	CultureID, CalendarID          int
	DepartmentID, ManagerID        int
	RoleID                         int
	// WorkCycleID begins with the applicable contract; 0 is the company's own, 6.
	WorkCycleID int
	// ProfileID is the profile of Absences; 0 is the first.
	ProfileID      int
	SecondaryRoles []int
	ModifiedAt     time.Time

	// Contracts by start. Someone created without one has only Bare.
	Contracts []Contract
	// Bare holds what a contract would say about someone who has none.
	Bare Contract

	Pay        []PayItem
	Extensions map[string]Extension
	// Sections are section ids by axis id.
	Sections map[int]int
}

// Contract is one work contract; End is the last day, none when open-ended.
type Contract struct {
	ID              int
	Start, End      Day
	EstablishmentID int
	CategoryID      int
	// TypeID is 1 for CDI, 2 for CDD in NewCompany's companies.
	TypeID int
	// ReasonID is why it ended; 0 for nothing said.
	ReasonID int
}

// PayItem is one fixed element of pay.
type PayItem struct {
	ID         int
	Bonus      bool // else the basic salary
	Cents      int64
	Start, End Day
}

// Extension is the value of a custom field with its own id.
type Extension struct {
	ID    int
	Value json.RawMessage
	// Parts are the values of a field that holds several, in place of the one.
	Parts []ExtensionPart
}

// ExtensionPart is one of several values of a custom field.
type ExtensionPart struct {
	ID    int             `json:"id"`
	Value json.RawMessage `json:"value"`
}

func (e Extension) parts() []byte {
	b, err := json.Marshal(e.Parts)
	if err != nil {
		panic("sandbox: parts hold JSON: " + err.Error())
	}
	return b
}

// Applicable is the contract that user properties are a projection of: that of the day,
// else the first upcoming one, else the last.
func (u *User) Applicable(today Day) Contract { return *u.applicable(today) }

func (u *User) applicable(today Day) *Contract {
	if len(u.Contracts) == 0 {
		return &u.Bare
	}
	for i := range u.Contracts {
		// The first that has not ended is today's or, when none is, the first upcoming.
		if c := &u.Contracts[i]; c.End == 0 || c.End >= today {
			return c
		}
	}
	return &u.Contracts[len(u.Contracts)-1]
}

func (u *User) former(today Day) bool {
	c := u.applicable(today)
	return c.End != 0 && c.End < today
}

func (u *User) upcoming(today Day) bool { return u.applicable(today).Start > today }

// Present reports whether the user works in the company on that day.
func (u *User) Present(today Day) bool { return !u.former(today) && !u.upcoming(today) }

func (u *User) clone() User {
	c := *u
	c.SecondaryRoles = slices.Clone(u.SecondaryRoles)
	c.Contracts = slices.Clone(u.Contracts)
	c.Pay = slices.Clone(u.Pay)
	c.Extensions = maps.Clone(u.Extensions)
	c.Sections = maps.Clone(u.Sections)
	return c
}
