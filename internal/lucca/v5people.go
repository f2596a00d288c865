package lucca

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"lucca-exchange/internal/roster"
)

// v5Lacks is what v5 does not have of an employee, or has no page about: a property that is not
// named here is taken for one.
const v5Lacks = ^(roster.Mail | roster.EmployeeNumber | roster.LastName | roster.FirstName | roster.ProfessionalMobile |
	roster.Extensions | fromPosition | fromContract | fromRecord)

// The properties of an employee by the list that they come from, beside that of the
// employees.
const (
	fromPosition = roster.JobTitle | roster.Manager | roster.EstablishmentRef | roster.DepartmentRef | roster.CategoryRef
	fromContract = roster.ContractStart | roster.ContractEnd
	fromRecord   = roster.Gender | roster.BirthDate | roster.PersonalMail | roster.PersonalMobile
)

// wireEmployee is the public face of somebody.
type wireEmployee struct {
	resource
	GivenName      string           `json:"givenName"`
	FamilyName     string           `json:"familyName"`
	EmployeeNumber optional[string] `json:"employeeNumber"`
	Email          optional[string] `json:"email"`
	PhoneNumber    optional[string] `json:"phoneNumber"`
	Status         string           `json:"status"`
	Employment     *ref             `json:"applicableEmployment"`
	Position       *ref             `json:"applicableJobPosition"`
}

// dateless reports whether somebody is gone, and no employment says since when. Without a
// contract people count as there: these must not.
func (w wireEmployee) dateless() bool { return w.Status == "deactivated" && w.Employment == nil }

// wireEmployment is a contract of somebody.
type wireEmployment struct {
	resource
	Employee *ref     `json:"employee"`
	Start    *wireDay `json:"start"`
	End      *wireDay `json:"end"`
	Template *ref     `json:"template"`
}

// wireDay is a day of an employment.
type wireDay struct {
	Date string `json:"date"`
}

func (d *wireDay) text() string {
	if d == nil {
		return ""
	}
	return d.Date
}

// wirePosition is where somebody works, and as what.
type wirePosition struct {
	resource
	JobTitle      optional[string] `json:"jobTitle"`
	Manager       *ref             `json:"manager"`
	Establishment *ref             `json:"businessEstablishment"`
	Department    *ref             `json:"department"`
	Category      *ref             `json:"occupationCategory"`
}

// wireRecord is what Lucca calls highly sensitive.
type wireRecord struct {
	resource
	Employee    *ref             `json:"employee"`
	LegalGender optional[string] `json:"legalGender"`
	BirthDate   optional[string] `json:"birthDate"`
	PhoneNumber optional[string] `json:"phoneNumber"`
	Email       optional[string] `json:"email"`
}

// wireField is the value of a custom field of somebody, as an attribute or as an extension.
type wireField struct {
	resource
	Definition          *named5         `json:"definition"`
	ExtensionDefinition *named5         `json:"extensionDefinition"`
	Employee            *ref            `json:"employee"`
	Value               json.RawMessage `json:"value"`
}

// code is that of the field; empty for none.
func (w wireField) code() string {
	for _, d := range []*named5{w.Definition, w.ExtensionDefinition} {
		if d != nil {
			return d.ID
		}
	}
	return ""
}

// asIs is the item of a list that is put together with others later.
func asIs[W interface{ identity() identifier }]() func(json.RawMessage) (W, int, error) {
	return itemV5(func(w W) (W, error) { return w, nil })
}

// employeesV5 is where employees are listed.
const employeesV5 = v5Root + "employees"

func employees(q roster.Query, ids []int) list[wireEmployee] {
	query := url.Values{}
	if !q.Former {
		query.Set("status", "active,upcoming")
	}
	filter(query, "id", ids)
	return list[wireEmployee]{route: v5Route("employees", "employees"), query: query, generation: v5, item: asIs[wireEmployee]()}
}

func employments(ids []int) list[wireEmployment] {
	query := url.Values{}
	filter(query, "employee.id", ids)
	return list[wireEmployment]{route: v5Route("employments", "employments"), query: query, generation: v5, item: asIs[wireEmployment]()}
}

func jobPositions() list[wirePosition] {
	return list[wirePosition]{route: v5Route("job-positions", "job positions"), generation: v5, item: asIs[wirePosition]()}
}

func personalRecords() list[wireRecord] {
	return list[wireRecord]{route: v5Route("employee-personal-records", "personal records"), generation: v5, item: asIs[wireRecord]()}
}

// customFields lists the values of custom fields by their codes, by the two ways that there
// are: the first is the only one in the current words of Lucca's pages, the second in older
// ones. The entries of a list are referred to; their names are beside the page, and go into
// names.
func customFields(codes []string, names fieldNames) []list[wireField] {
	way := func(resource string, query url.Values) list[wireField] {
		query.Set("include", "embedded")
		return list[wireField]{
			route: v5Route(resource, "custom fields"), query: query, generation: v5, beside: names.add, item: asIs[wireField](),
		}
	}
	all := strings.Join(codes, ",")
	return []list[wireField]{
		way(attributes, url.Values{"definition.id": {all}, "applicability.asOf": {time.Now().UTC().Format(time.DateOnly)}}),
		way(extensions, url.Values{"extensionDefinition.id": {all}}),
	}
}

// definitions lists the custom fields themselves, by the two ways of their values. Those of
// attributes hold Lucca's own properties too.
func definitions() []list[Fact] {
	way := func(name string) list[Fact] {
		return list[Fact]{
			route: v5Route(name, "definitions of custom fields"), generation: v5,
			item: func(raw json.RawMessage) (Fact, int, error) {
				var number resource
				var w struct {
					ID   string `json:"id"`
					Name string `json:"name"`
				}
				err := decode(raw, &number)
				if err == nil {
					err = decode(raw, &w)
				}
				return Fact{Code: w.ID, Label: w.Name}, int(number.ID), err
			},
		}
	}
	return []list[Fact]{way("employee-attribute-definitions"), way("employee-extension-definitions")}
}

// attributes and extensions are where custom fields are.
const (
	attributes = "employee-attributes"
	extensions = "employee-extensions"
)

// filter asks for some ids only; none are all.
func filter(query url.Values, name string, ids []int) {
	if len(ids) == 0 {
		return
	}
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strconv.Itoa(id)
	}
	query.Set(name, strings.Join(texts, ","))
}
