package sandbox

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// members are the members of a request body by name in small letters: Lucca's binder
// ignores case.
type members map[string]json.RawMessage

// parseMembers reads a flat user, or one wrapped in {"data": …}.
func parseMembers(body []byte) (members, error) {
	m, err := lowered(body)
	if err != nil {
		return nil, err
	}
	if inner, wrapped := m["data"]; wrapped && len(m) == 1 {
		return lowered(inner)
	}
	return m, nil
}

func lowered(body []byte) (members, error) {
	var spelled map[string]json.RawMessage
	if err := json.Unmarshal(body, &spelled); err != nil || spelled == nil {
		return nil, refuse("Request body is not a JSON object")
	}
	m := make(members, len(spelled))
	for name, value := range spelled {
		m[strings.ToLower(name)] = value
	}
	return m, nil
}

func isNull(raw json.RawMessage) bool { return bytes.Equal(raw, []byte("null")) }

// required are the properties that a new user needs and that nobody can be without,
// the mail aside.
func required() []string {
	return []string{"firstName", "lastName", "login", "legalEntityId", "dtContractStart", "departmentId", "rolePrincipalId", "mail"}
}

// createUser answers POST /api/v3/users. Without ?contract=true the user has no contract.
func createUser(c *call) answer {
	if c.key.ReadOnly {
		return c.fail(http.StatusForbidden, "Forbidden")
	}
	contract, err := queryFlag(c, "contract")
	if err != nil {
		return c.refused(err)
	}
	m, err := parseMembers(c.body)
	if err != nil {
		return c.refused(err)
	}
	for _, name := range required() {
		if value, ok := m[strings.ToLower(name)]; !ok || isNull(value) {
			return c.refused(refuse("The property %s is required", name))
		}
	}
	u := c.newUser()
	if contract != nil && *contract {
		u.Contracts = []Contract{{ID: c.people.lastPart + 1, TypeID: 1}}
		c.people.lastPart++
	}
	return c.save(u, m)
}

// newUser is somebody with Lucca's own defaults: what is sent replaces them. Which those
// are is not documented; a new account always has a language and a calendar of holidays.
func (c *call) newUser() User {
	u := User{ID: c.people.lastID + 1, CalendarID: 1}
	if len(c.Cultures) > 0 {
		u.CultureID = c.Cultures[0].ID
	}
	return u
}

// updateUser answers PUT /api/v3/users/{id}: only what is sent changes.
func updateUser(c *call) answer {
	if c.key.ReadOnly {
		return c.fail(http.StatusForbidden, "Forbidden")
	}
	old, found := c.visible()
	if !found {
		return c.fail(http.StatusNotFound, "Resource User with ID "+c.http.PathValue("id")+" not found")
	}
	m, err := parseMembers(c.body)
	if err != nil {
		return c.refused(err)
	}
	return c.save(old.clone(), m)
}

// save applies the members to u, checks the whole, and only then keeps it.
func (c *call) save(u User, m members) answer {
	sel, err := c.userFields()
	if err != nil {
		return c.refused(err)
	}
	// A new end date can make another contract the applicable one: it must not between
	// two members of one request.
	contract := u.applicable(c.Today)
	for name, value := range m {
		if err := c.set(&u, contract, name, value); err != nil {
			return c.refused(err)
		}
	}
	if err := c.checkUser(&u); err != nil {
		return c.refused(err)
	}
	u.ModifiedAt = c.tenant.nextStamp()
	return c.data(c.tenant.v3.users.write(nil, c.view, c.keep(u), sel))
}

// keep stores a user in the place of the one with the same id.
func (c *call) keep(u User) *User {
	if old := c.people.find(c.Company, u.ID); old != nil {
		c.people.leave(old)
		*old = u
		c.people.enter(old)
		return old
	}
	c.Users = append(c.Users, u)
	c.people.byID[u.ID] = len(c.Users) - 1
	c.people.lastID = u.ID
	c.people.enter(&u)
	return &c.Users[len(c.Users)-1]
}

// nextStamp is now on the tenant's day, and later than every stamp before.
func (t *Tenant) nextStamp() time.Time {
	now := time.Now().UTC()
	at := t.company.Today.Time().Add(now.Sub(now.Truncate(secondsPerDay * time.Second)).Truncate(time.Millisecond))
	if !at.After(t.stamp) {
		at = t.stamp.Add(time.Millisecond)
	}
	t.stamp = at
	return at
}

// set applies one member. What Lucca does not know, it ignores, extendedData included.
func (c *call) set(u *User, contract *Contract, name string, value json.RawMessage) error {
	if text := textTarget(u, name); text != nil {
		return setText(text, name, value)
	}
	if id := idTarget(u, contract, name); id != nil {
		return setID(id, name, value)
	}
	if day := dayTarget(u, contract, name); day != nil {
		return setDay(day, name, value)
	}
	switch name {
	case "habilitedroles":
		return setRoles(u, value)
	case "userworkcycles":
		return setCycle(u, value)
	case "profile_figgo":
		var r *reference
		if json.Unmarshal(value, &r) != nil || r == nil || r.ID < 1 {
			return refuse("The property profile_figgo is not a profile")
		}
		u.ProfileID = r.ID
		return nil
	}
	if strings.HasPrefix(name, "e_") {
		return c.setExtension(u, name, value)
	}
	if axis, ok := strings.CutPrefix(name, strings.ToLower(axisValuePrefix)); ok {
		return c.setSection(u, axis, value)
	}
	return nil
}

func textTarget(u *User, name string) *string {
	switch name {
	case "firstname":
		return &u.FirstName
	case "lastname":
		return &u.LastName
	case "login":
		return &u.Login
	case "mail":
		return &u.Mail
	case "employeenumber":
		return &u.EmployeeNumber
	case "jobtitle":
		return &u.JobTitle
	case "gender":
		return &u.Gender
	case "directline":
		return &u.DirectLine
	case "professionalmobile":
		return &u.ProfessionalMobile
	case "personalemail":
		return &u.PersonalMail
	case "personalmobile":
		return &u.PersonalMobile
	case "address":
		return &u.Address
	case "quote":
		return &u.Quote
	case "nationalityid", "nationality":
		return &u.NationalityID
	case "civiltitle":
		return &u.CivilTitle
	case "externalid":
		return &u.ExternalID
	default:
		return nil
	}
}

func idTarget(u *User, contract *Contract, name string) *int {
	switch name {
	case "legalentityid":
		return &contract.EstablishmentID
	case "cspid":
		return &contract.CategoryID
	case "departmentid":
		return &u.DepartmentID
	case "managerid":
		return &u.ManagerID
	case "roleprincipalid":
		return &u.RoleID
	case "cultureid":
		return &u.CultureID
	case "calendarid":
		return &u.CalendarID
	default:
		return nil
	}
}

func dayTarget(u *User, contract *Contract, name string) *Day {
	switch name {
	case "birthdate":
		return &u.BirthDate
	case "senioritydate":
		return &u.SeniorityDate
	case "dtcontractstart":
		return &contract.Start
	case "dtcontractend":
		return &contract.End
	default:
		return nil
	}
}

func setText(into *string, name string, value json.RawMessage) error {
	var s *string
	if json.Unmarshal(value, &s) != nil {
		return refuse("The property %s is not a text", name)
	}
	*into = ""
	if s != nil {
		*into = *s
	}
	return nil
}

func setID(into *int, name string, value json.RawMessage) error {
	var id *int
	if json.Unmarshal(value, &id) != nil || id != nil && *id < 1 {
		return refuse("The property %s is not an id", name)
	}
	*into = 0
	if id != nil {
		*into = *id
	}
	return nil
}

func setDay(into *Day, name string, value json.RawMessage) error {
	if isNull(value) {
		*into = 0
		return nil
	}
	var s string
	if json.Unmarshal(value, &s) != nil {
		return refuse("The property %s is not a date", name)
	}
	day, err := parseDay(s)
	if err != nil {
		return refuse("The property %s is not a date", name)
	}
	*into = day
	return nil
}

// reference is how v3 writes a link to another resource.
type reference struct {
	ID int `json:"id"`
}

func setRoles(u *User, value json.RawMessage) error {
	var list []reference
	if json.Unmarshal(value, &list) != nil {
		return refuse("The property habilitedRoles is not a list of {id}")
	}
	u.SecondaryRoles = nil
	for _, r := range list {
		u.SecondaryRoles = append(u.SecondaryRoles, r.ID)
	}
	return nil
}

// setCycle takes one work cycle from a day on.
func setCycle(u *User, value json.RawMessage) error {
	var list []struct {
		WorkCycleID      int
		StartsOn, EndsOn string
	}
	if json.Unmarshal(value, &list) != nil || len(list) != 1 || list[0].WorkCycleID < 1 {
		return refuse("The property userWorkCycles is not a list of one work cycle")
	}
	for _, day := range []string{list[0].StartsOn, list[0].EndsOn} {
		if _, err := parseDay(day); err != nil {
			return refuse("The property userWorkCycles has no days")
		}
	}
	u.WorkCycleID = list[0].WorkCycleID
	return nil
}

// setExtension writes {"value": …}, or {"id": …, "value": …} for a value that is there;
// null deletes it.
func (c *call) setExtension(u *User, name string, value json.RawMessage) error {
	i := slices.IndexFunc(c.Extensions, func(code string) bool { return strings.EqualFold(code, name) })
	if i < 0 {
		return refuse("Unknown property %s on type User", name)
	}
	code := c.Extensions[i]
	f := slices.IndexFunc(c.Fields, func(f Field) bool { return strings.EqualFold(f.Code, code) })
	if f >= 0 && c.Fields[f].Multiple {
		return c.setParts(u, c.Fields[f], value)
	}
	var e struct {
		ID    int             `json:"id"`
		Value json.RawMessage `json:"value"`
	}
	if isNull(value) || json.Unmarshal(value, &e) != nil || e.Value == nil {
		return refuse("The property %s is not an object with a value", name)
	}
	if f >= 0 && !isNull(e.Value) {
		if err := c.Fields[f].fits(e.Value); err != nil {
			return err
		}
	}
	old, exists := u.Extensions[code]
	switch {
	case e.ID != 0 && (!exists || old.ID != e.ID):
		return refuse("The property %s has no value with ID %d", name, e.ID)
	case isNull(e.Value):
		delete(u.Extensions, code)
		return nil
	case !exists:
		c.people.lastPart++
		old.ID = c.people.lastPart
	}
	if u.Extensions == nil {
		u.Extensions = map[string]Extension{}
	}
	u.Extensions[code] = Extension{ID: old.ID, Value: e.Value}
	return nil
}

// setParts writes a list: {"value": …} adds, {"id": …, "value": null} deletes.
func (c *call) setParts(u *User, f Field, value json.RawMessage) error {
	var list []ExtensionPart
	if json.Unmarshal(value, &list) != nil {
		return refuse("The property %s is not a list of objects with a value", f.Code)
	}
	parts := slices.Clone(u.Extensions[f.Code].Parts)
	for _, one := range list {
		i := slices.IndexFunc(parts, func(have ExtensionPart) bool { return one.ID != 0 && have.ID == one.ID })
		switch {
		case one.ID != 0 && i < 0:
			return refuse("The property %s has no value with ID %d", f.Code, one.ID)
		case isNull(one.Value) && i >= 0:
			parts = slices.Delete(parts, i, i+1)
			continue
		}
		if err := f.fits(one.Value); err != nil {
			return err
		}
		if i >= 0 {
			parts[i].Value = one.Value
			continue
		}
		c.people.lastPart++
		parts = append(parts, ExtensionPart{c.people.lastPart, one.Value})
	}
	if u.Extensions == nil {
		u.Extensions = map[string]Extension{}
	}
	u.Extensions[f.Code] = Extension{Parts: parts}
	if len(parts) == 0 {
		delete(u.Extensions, f.Code)
	}
	return nil
}

func (c *call) setSection(u *User, axis string, value json.RawMessage) error {
	var r *reference
	id, err := strconv.Atoi(axis)
	if err != nil || json.Unmarshal(value, &r) != nil {
		return refuse("The property %s%s is not a section", axisValuePrefix, axis)
	}
	if r == nil {
		delete(u.Sections, id)
		return nil
	}
	if s, ok := find(c.Sections, r.ID, sectionID); !ok || s.AxisID != id {
		return refuse("Resource AxisSection with ID %d not found", r.ID)
	}
	if u.Sections == nil {
		u.Sections = map[int]int{}
	}
	u.Sections[id] = r.ID
	return nil
}
