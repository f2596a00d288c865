package sandbox

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// v5Instant is how v5 writes instants, always in UTC.
const v5Instant = "2006-01-02T15:04:05.0000Z"

// The states of employees, employments and job positions.
const (
	v5Active      = "active"
	v5Upcoming    = "upcoming"
	v5Deactivated = "deactivated"
)

func (c *v5Call) statusOf(start, end Day) string {
	switch {
	case end != 0 && end < c.call.Today:
		return v5Deactivated
	case start > c.call.Today:
		return v5Upcoming
	default:
		return v5Active
	}
}

// seen are the users in the perimeter of the client.
func (c *v5Call) seen() []*User {
	var list []*User
	for i := range c.call.Users {
		if u := &c.call.Users[i]; c.call.sees(u) {
			list = append(list, u)
		}
	}
	return list
}

func (c *v5Call) employees() []thing {
	var list []thing
	for _, u := range c.seen() {
		applicable := u.applicable(c.call.Today)
		// v5 has one professional phone number.
		phone := u.ProfessionalMobile
		if phone == "" {
			phone = u.DirectLine
		}
		m := map[string]any{
			"remoteId": nil, "portrait": nil, "givenName": u.FirstName, "familyName": u.LastName,
			"employeeNumber": orNull(u.EmployeeNumber), "status": c.statusOf(applicable.Start, applicable.End), "email": orNull(u.Mail),
			"birthDay": nil, "phoneNumber": orNull(phone),
			"applicableEmployment":  c.ref("employment", "employments", applicable.ID),
			"applicableJobPosition": c.ref("job-position", "job-positions", positionID(applicable.ID)),
			"createdAt":             u.ModifiedAt.Format(v5Instant), "lastUpdatedAt": u.ModifiedAt.Format(v5Instant),
		}
		if d := u.BirthDate; d != 0 {
			m["birthDay"] = map[string]int{"day": d.Time().Day(), "month": int(d.Time().Month())}
		}
		list = append(list, thing{id: u.ID, members: m, embeds: c.beside(applicable)})
	}
	return list
}

// beside is what a list of employees embeds of a contract: a part of it only, as Lucca
// reserves itself.
func (c *v5Call) beside(k *Contract) []embedded {
	if k.ID == 0 {
		return nil
	}
	part := func(kind, collection string, id int) embedded {
		return embedded{kind, strconv.Itoa(id), c.ref(kind, collection, id)}
	}
	return []embedded{part("employment", "employments", k.ID), part("job-position", "job-positions", positionID(k.ID))}
}

func (c *v5Call) personalRecords() []thing {
	var list []thing
	for _, u := range c.seen() {
		gender := map[string]string{"Male": "male", "Female": "female", "Misc": "diverse"}[u.Gender]
		title := map[string]string{"Male": "mister", "Female": "miss"}[u.Gender]
		nationalities := []string{}
		if u.NationalityID == "FR" {
			nationalities = append(nationalities, "FRA")
		}
		list = append(list, thing{id: u.ID, members: map[string]any{
			"employee": c.ref("employee", "employees", u.ID), "title": orUnknown(title), "legalGender": orUnknown(gender),
			"birthDate": dayOrNull(u.BirthDate), "insuranceNumber": nil, "nationalitiesCountryCodes": nationalities, "bankAccount": nil,
			"phoneNumber": orNull(u.PersonalMobile), "email": orNull(u.PersonalMail),
		}})
	}
	return list
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

func (c *v5Call) employments() []thing {
	var list []thing
	for _, u := range c.seen() {
		for _, k := range u.Contracts {
			m := map[string]any{
				"remoteId": nil, "employee": c.ref("employee", "employees", u.ID), "legalEntity": c.ref("legal-entity", "legal-entities", legalEntityOf(c, k)),
				"status": c.statusOf(k.Start, k.End), "start": v5Date(k.Start), "end": v5Date(k.End), "document": nil,
				"template":  c.ref("employment-template", "employment-templates", k.TypeID),
				"createdAt": k.Start.Time().Format(v5Instant), "lastUpdatedAt": u.ModifiedAt.Format(v5Instant),
			}
			list = append(list, thing{id: k.ID, members: m})
		}
	}
	return list
}

func legalEntityOf(c *v5Call, k Contract) int {
	e, ok := find(c.call.Establishments, k.EstablishmentID, establishmentID)
	if !ok {
		return 0
	}
	return e.LegalUnitID
}

// v5Date is a day as employments have it.
func v5Date(d Day) any {
	if d == 0 {
		return nil
	}
	return map[string]string{"date": d.String()}
}

// positionID is the id of the one job position that each contract has here.
func positionID(contract int) int {
	if contract == 0 {
		return 0
	}
	return 1_000_000 + contract
}

func (c *v5Call) jobPositions() []thing {
	var list []thing
	for _, u := range c.seen() {
		for _, k := range u.Contracts {
			list = append(list, thing{id: positionID(k.ID), members: map[string]any{
				"remoteId": nil, "employment": c.ref("employment", "employments", k.ID), "employee": c.ref("employee", "employees", u.ID),
				"status": c.statusOf(k.Start, k.End), "startsOn": k.Start.String(), "endsOn": dayOrNull(k.End),
				"businessEstablishment": c.ref("business-establishment", "business-establishments", k.EstablishmentID),
				"jobTitle":              orNull(u.JobTitle), "jobQualification": nil, "manager": c.ref("employee", "employees", u.ManagerID),
				"occupationCategory":     c.ref("occupation-category", "occupation-categories", k.CategoryID),
				"workingTimeArrangement": nil, "department": c.ref("department", "departments", u.DepartmentID), "notes": nil,
				"updatedAttributes": []string{}, "t9n": map[string]any{},
			}})
		}
	}
	return list
}

// The custom fields, in two forms: as attributes, which the current documentation calls the
// only one, and as extensions, which the older one describes.

func (c *v5Call) attributes() []thing {
	return c.values(func(u *User, code string, e Extension) thing {
		return thing{id: e.ID, members: map[string]any{
			"definition": c.named("employee-attribute-definition", "employee-attribute-definitions", code),
			"employee":   c.ref("employee", "employees", u.ID), "applicability": nil, "value": c.value(code, e),
			"createdAt": u.ModifiedAt.Format(v5Instant), "lastUpdatedAt": u.ModifiedAt.Format(v5Instant),
		}}
	})
}

func (c *v5Call) extensions() []thing {
	return c.values(func(u *User, code string, e Extension) thing {
		return thing{id: e.ID, members: map[string]any{
			"extensionDefinition": c.named("employee-extension-definition", "employee-extension-definitions", code),
			"employee":            c.ref("employee", "employees", u.ID), "value": c.value(code, e),
			"createdAt": u.ModifiedAt.Format(v5Instant), "lastUpdatedAt": u.ModifiedAt.Format(v5Instant),
		}}
	})
}

func (c *v5Call) values(form func(*User, string, Extension) thing) []thing {
	var list []thing
	for _, u := range c.seen() {
		for _, code := range slices.Sorted(maps.Keys(u.Extensions)) {
			list = append(list, form(u, code, u.Extensions[code]))
		}
	}
	return list
}

// named is a reference to a resource whose id is a word.
func (c *v5Call) named(kind, collection, id string) any {
	return map[string]any{"id": id, "type": kind, "url": c.call.base + v5Root + collection + "/" + id}
}

// hrManager is the custom field that refers to an employee.
const hrManager = "e_hr_manager"

// value is the value of a custom field in v5: a reference to an employee, or as it is.
func (c *v5Call) value(code string, e Extension) any {
	if id, err := strconv.Atoi(string(e.Value)); code == hrManager && err == nil {
		return c.ref("employee", "employees", id)
	}
	return e.Value
}

func (c *v5Call) definitions() []thing {
	var list []thing
	for i, code := range slices.Sorted(slices.Values(c.call.Extensions)) {
		title := "short-text"
		if code == hrManager {
			title = "employee-reference"
		}
		list = append(list, thing{id: i + 1, members: map[string]any{
			"id": code, "name": strings.TrimPrefix(code, "e_"), "multipleValueHandling": nil, "taxonomy": nil,
			"schema": map[string]string{"$id": "/lucca-api/schemas/" + title, "title": title}, "isArchived": false,
			"createdAt": time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).Format(v5Instant),
		}})
	}
	return list
}
