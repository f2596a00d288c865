package lucca

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/roster"
)

// userProperties are the names by which v3 is asked for an employee's properties.
// Extensions and axes are added by userFields.
var userProperties = []struct {
	field roster.Fields
	name  string
}{
	{roster.Login, "login"},
	{roster.Mail, "mail"},
	{roster.EmployeeNumber, "employeeNumber"},
	{roster.LastName, "lastName"},
	{roster.FirstName, "firstName"},
	{roster.JobTitle, "jobTitle"},
	{roster.Gender, "gender"},
	{roster.ProfessionalMobile, "professionalMobile"},
	{roster.DirectLine, "directLine"},
	{roster.BirthDate, "birthDate"},
	{roster.ContractStart, "dtContractStart"},
	{roster.ContractEnd, "dtContractEnd"},
	{roster.Culture, "cultureID"},
	{roster.Manager, "managerId"},
	{roster.EstablishmentRef, "legalEntity[id,name]"},
	{roster.DepartmentRef, "departmentId"},
	{roster.Extensions, "extendedData"},
	{roster.PersonalMail, "personalEmail"},
	{roster.PersonalMobile, "personalMobile"},
	{roster.Address, "address"},
	{roster.PrimaryRole, "rolePrincipalId"},
	{roster.SecondaryRoles, "habilitedRoles[id]"},
	{roster.CategoryRef, "cspId"},
}

// axisProperty is the property of a user that refers to a section of an axis.
func axisProperty(axis int) string { return "userAxisValues_" + strconv.Itoa(axis) }

// userFields is the value of fields= for a query.
func userFields(q roster.Query) string {
	names := []string{"id"}
	for _, p := range userProperties {
		if q.Fields&p.field != 0 {
			names = append(names, p.name)
		}
	}
	if q.Fields&roster.Axes != 0 {
		for _, axis := range q.Axes {
			names = append(names, axisProperty(axis)+"[id,name]")
		}
	}
	if q.Roles {
		names = append(names, "rolePrincipal[id,name]", "habilitedRoles[id,name]")
	}
	return strings.Join(append(names, "collection.count"), ",")
}

// user is an employee as v3 gives it.
type user struct {
	ID                 optional[int]
	Login              optional[string]
	Mail               optional[string]
	EmployeeNumber     optional[string]
	LastName           optional[string]
	FirstName          optional[string]
	JobTitle           optional[string]
	Gender             optional[string]
	ProfessionalMobile optional[string]
	DirectLine         optional[string]
	BirthDate          optional[string]
	DtContractStart    optional[string]
	DtContractEnd      optional[string]
	CultureID          optional[int]
	ManagerID          optional[int]
	LegalEntity        optional[reference]
	DepartmentID       optional[int]
	ExtendedData       optional[map[string]json.RawMessage]
	PersonalEmail      optional[string]
	PersonalMobile     optional[string]
	Address            optional[string]
	RolePrincipalID    optional[int]
	RolePrincipal      optional[reference]
	HabilitedRoles     optional[[]reference]
	CspID              optional[int]
}

// userDecoder reads users for one query. What the nested references name is collected,
// since it saves a list.
type userDecoder struct {
	query roster.Query
	// codes are the custom fields to keep, by lower-case code.
	codes map[string]string
	// identified are those of the codes, in lower case, whose values' ids are kept.
	identified     map[string]bool
	establishments map[int]string
	sections       map[int]roster.Section
	// roleNames are the roles of those who were read, by id.
	roleNames map[int]string
}

func newUserDecoder(c Config, q roster.Query) *userDecoder {
	d := &userDecoder{
		query:          q,
		codes:          c.extensionCodes(),
		identified:     make(map[string]bool, len(q.Codes)),
		establishments: make(map[int]string),
		sections:       make(map[int]roster.Section),
		roleNames:      make(map[int]string),
	}
	for _, code := range q.Codes {
		name := strings.ToLower(code)
		d.identified[name], d.codes[name] = true, code
	}
	return d
}

// decode reads one user and returns the id beside it.
func (d *userDecoder) decode(raw json.RawMessage) (roster.Employee, int, error) {
	var u user
	if err := decode(raw, &u); err != nil {
		return roster.Employee{}, 0, err
	}
	e := roster.Employee{
		ID:                 u.ID.Value,
		Login:              u.Login.Value,
		Mail:               u.Mail.Value,
		EmployeeNumber:     u.EmployeeNumber.Value,
		LastName:           u.LastName.Value,
		FirstName:          u.FirstName.Value,
		JobTitle:           u.JobTitle.Value,
		Gender:             u.Gender.Value,
		ProfessionalMobile: u.ProfessionalMobile.Value,
		DirectLine:         u.DirectLine.Value,
		Culture:            cultureTag(u.CultureID.Value),
		ManagerID:          u.ManagerID.Value,
		EstablishmentID:    u.LegalEntity.Value.ID,
		DepartmentID:       u.DepartmentID.Value,
		PersonalMail:       u.PersonalEmail.Value,
		PersonalMobile:     u.PersonalMobile.Value,
		Address:            u.Address.Value,
		RoleID:             u.RolePrincipalID.Value,
		SecondaryRoleIDs:   sortedIDs(u.HabilitedRoles.Value),
		CategoryID:         u.CspID.Value,
		Hidden:             u.absent() & d.query.Fields,
	}
	err := u.dates(&e)
	if err == nil {
		err = d.extensions(&e, u)
	}
	if err == nil {
		err = d.axes(&e, raw)
	}
	for _, r := range append(u.HabilitedRoles.Value, u.RolePrincipal.Value) {
		if r.ID > 0 && r.Name != "" {
			d.roleNames[r.ID] = r.Name
		}
	}
	if ref := u.LegalEntity.Value; ref.ID > 0 {
		d.establishments[ref.ID] = ref.Name
	}
	return e, e.ID, err
}

// namedRoles are the roles that somebody has, by id.
func (d *userDecoder) namedRoles() []roster.Role {
	list := make([]roster.Role, 0, len(d.roleNames))
	for _, id := range slices.Sorted(maps.Keys(d.roleNames)) {
		list = append(list, roster.Role{ID: id, Name: d.roleNames[id]})
	}
	return list
}

// sortedIDs returns what the references point at, each once; nil for nothing.
func sortedIDs(list []reference) []int {
	var ids []int
	for _, r := range list {
		ids = append(ids, r.ID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// absent is the set of properties that the answer left out.
func (u *user) absent() roster.Fields {
	var fields roster.Fields
	for _, p := range []struct {
		field roster.Fields
		set   bool
	}{
		{roster.Login, u.Login.Set},
		{roster.Mail, u.Mail.Set},
		{roster.EmployeeNumber, u.EmployeeNumber.Set},
		{roster.LastName, u.LastName.Set},
		{roster.FirstName, u.FirstName.Set},
		{roster.JobTitle, u.JobTitle.Set},
		{roster.Gender, u.Gender.Set},
		{roster.ProfessionalMobile, u.ProfessionalMobile.Set},
		{roster.DirectLine, u.DirectLine.Set},
		{roster.BirthDate, u.BirthDate.Set},
		{roster.ContractStart, u.DtContractStart.Set},
		{roster.ContractEnd, u.DtContractEnd.Set},
		{roster.Culture, u.CultureID.Set},
		{roster.Manager, u.ManagerID.Set},
		{roster.EstablishmentRef, u.LegalEntity.Set},
		{roster.DepartmentRef, u.DepartmentID.Set},
		{roster.Extensions, u.ExtendedData.Set},
		{roster.PersonalMail, u.PersonalEmail.Set},
		{roster.PersonalMobile, u.PersonalMobile.Set},
		{roster.Address, u.Address.Set},
		{roster.PrimaryRole, u.RolePrincipalID.Set},
		{roster.SecondaryRoles, u.HabilitedRoles.Set},
		{roster.CategoryRef, u.CspID.Set},
	} {
		if !p.set {
			fields |= p.field
		}
	}
	return fields
}

func (u *user) dates(e *roster.Employee) error {
	for _, p := range []struct {
		name string
		text string
		date *roster.Date
	}{
		{"birthDate", u.BirthDate.Value, &e.BirthDate},
		{"dtContractStart", u.DtContractStart.Value, &e.ContractStart},
		{"dtContractEnd", u.DtContractEnd.Value, &e.ContractEnd},
	} {
		if err := parseDate(p.name, p.text, p.date); err != nil {
			return err
		}
	}
	return nil
}

func parseDate(name, text string, into *roster.Date) error {
	d, err := roster.ParseDate(text)
	if err != nil {
		return fmt.Errorf("property %q: %w: %w", name, err, ErrMalformed)
	}
	*into = d
	return nil
}

func (d *userDecoder) extensions(e *roster.Employee, u user) error {
	for name, raw := range u.ExtendedData.Value {
		code, wanted := d.codes[strings.ToLower(name)]
		if !wanted {
			continue
		}
		text, err := extensionText(raw)
		if err != nil {
			return fmt.Errorf("custom field %q: %w", code, err)
		}
		if id := extensionID(raw); id > 0 && d.identified[strings.ToLower(name)] {
			if e.ExtensionIDs == nil {
				e.ExtensionIDs = make(map[string]int, len(d.identified))
			}
			e.ExtensionIDs[code] = id
		}
		if text == "" {
			continue
		}
		if e.Extensions == nil {
			e.Extensions = make(map[string]string, len(d.codes))
		}
		e.Extensions[code] = text
	}
	return nil
}

// axes reads the properties whose names hold an axis id, which the user struct cannot.
func (d *userDecoder) axes(e *roster.Employee, raw json.RawMessage) error {
	if d.query.Fields&roster.Axes == 0 || len(d.query.Axes) == 0 {
		return nil
	}
	var properties map[string]json.RawMessage
	if err := decode(raw, &properties); err != nil {
		return err
	}
	byName := make(map[string]json.RawMessage, len(properties))
	for name, value := range properties {
		byName[strings.ToLower(name)] = value
	}
	for _, axis := range d.query.Axes {
		name := axisProperty(axis)
		value, set := byName[strings.ToLower(name)]
		if !set {
			e.Hidden |= roster.Axes
			continue
		}
		var ref optional[reference]
		if err := decode(value, &ref); err != nil {
			return fmt.Errorf("property %q: %w", name, err)
		}
		d.addSection(e, axis, ref.Value)
	}
	return nil
}

func (d *userDecoder) addSection(e *roster.Employee, axis int, ref reference) {
	if ref.ID <= 0 {
		return
	}
	if e.Sections == nil {
		e.Sections = make(map[int]int, len(d.query.Axes))
	}
	e.Sections[axis] = ref.ID
	d.sections[ref.ID] = roster.Section{ID: ref.ID, AxisID: axis, Name: ref.Name}
}
