package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// resources are the v3 resources, which refer to each other.
type resources struct {
	users       *resource[*User]
	departments *resource[*Department]
	places      *resource[Establishment]
	roles       *resource[Named]
	cultures    *resource[Named]
	calendars   *resource[Named]
	profiles    *resource[Named]
	axes        *resource[Named]
	fields      *resource[Field]
	sections    *resource[Section]
}

func newResources() *resources {
	r := &resources{
		roles: namedResource("Role", "roles"), cultures: namedResource("Culture", "cultures"),
		calendars: namedResource("PublicHolidayCalendar", "publicHolidayCalendars"), profiles: namedResource("LeaveProfile", "leaveprofiles"),
		places: newResource("LegalEntity",
			number("id", func(_ *view, e Establishment) int { return e.ID }),
			text("name", func(_ *view, e Establishment) string { return e.Name }),
			text("url", func(v *view, e Establishment) string { return v.link("legalEntities", e.ID) }),
			text("code", func(_ *view, e Establishment) string { return e.Code }),
		),
	}
	r.axes, r.sections = axisResources()
	r.fields = fieldResource()
	r.users = userResource(r)
	for _, p := range newerProperties() {
		r.users.add(p)
	}
	r.departments = departmentResource(r.users)
	// Users and departments refer to each other.
	r.users.add(nest("department", r.departments, func(v *view, u *User) (*Department, bool) { return find(v.Departments, u.DepartmentID, departmentID) }))
	r.users.add(asked(nest("manager", r.users, func(v *view, u *User) (*User, bool) {
		m := v.people.find(v.Company, u.ManagerID)
		return m, m != nil
	})))
	return r
}

func (r *resource[T]) add(p property[T]) {
	r.index[strings.ToLower(p.name)] = len(r.props)
	r.props = append(r.props, p)
}

func (v *view) link(collection string, id int) string {
	return v.base + "/api/v3/" + collection + "/" + strconv.Itoa(id)
}

// find returns a pointer to the thing with an id.
func find[T any](things []T, id int, idOf func(*T) int) (*T, bool) {
	for i := range things {
		if idOf(&things[i]) == id {
			return &things[i], true
		}
	}
	return nil, false
}

func departmentID(d *Department) int       { return d.ID }
func establishmentID(e *Establishment) int { return e.ID }
func namedID(n *Named) int                 { return n.ID }
func sectionID(s *Section) int             { return s.ID }

// named finds a thing by id for a nested property.
func named(things []Named, id int) (Named, bool) {
	n, ok := find(things, id, namedID)
	if !ok {
		return Named{}, false
	}
	return *n, true
}

func namedResource(title, collection string) *resource[Named] {
	return newResource(title,
		number("id", func(_ *view, n Named) int { return n.ID }),
		text("name", func(_ *view, n Named) string { return n.Name }),
		text("url", func(v *view, n Named) string { return v.link(collection, n.ID) }),
	)
}

func userResource(r *resources) *resource[*User] {
	contract := func(v *view, u *User) *Contract { return u.applicable(v.Today) }
	users := newResource("User",
		number("id", func(_ *view, u *User) int { return u.ID }),
		text("name", func(_ *view, u *User) string { return u.FirstName + " " + u.LastName }),
		text("url", func(v *view, u *User) string { return v.link("users", u.ID) }),
		text("displayName", func(_ *view, u *User) string { return u.LastName + " " + u.FirstName }),
		modified("modifiedAt"),
		asked(modified("modifiedOn")),
		text("lastName", func(_ *view, u *User) string { return u.LastName }),
		text("firstName", func(_ *view, u *User) string { return u.FirstName }),
		text("login", func(_ *view, u *User) string { return u.Login }),
		text("mail", func(_ *view, u *User) string { return u.Mail }),
		date("dtContractStart", func(v *view, u *User) Day { return contract(v, u).Start }),
		date("dtContractEnd", func(v *view, u *User) Day { return contract(v, u).End }),
		date("birthDate", func(_ *view, u *User) Day { return u.BirthDate }),
		text("employeeNumber", func(_ *view, u *User) string { return u.EmployeeNumber }),
		number("calendarId", func(_ *view, u *User) int { return u.CalendarID }),
		nest("calendar", r.calendars, func(v *view, u *User) (Named, bool) {
			if u.CalendarID == 1 && len(v.Calendars) == 0 {
				return Named{1, "France"}, true
			}
			return named(v.Calendars, u.CalendarID)
		}),
		number("cultureID", func(_ *view, u *User) int { return u.CultureID }),
		nest("culture", r.cultures, func(v *view, u *User) (Named, bool) { return named(v.Cultures, u.CultureID) }),
		raw("picture", func(b []byte, _ *view, _ *User) []byte { return append(b, "null"...) }),
		number("legalEntityId", func(v *view, u *User) int { return contract(v, u).EstablishmentID }),
		nest("legalEntity", r.places, func(v *view, u *User) (Establishment, bool) {
			e, ok := find(v.Establishments, contract(v, u).EstablishmentID, establishmentID)
			if !ok {
				return Establishment{}, false
			}
			return *e, true
		}),
		number("departmentId", func(_ *view, u *User) int { return u.DepartmentID }),
		number("managerId", func(_ *view, u *User) int { return u.ManagerID }),
		number("rolePrincipalId", func(_ *view, u *User) int { return u.RoleID }),
		nest("rolePrincipal", r.roles, func(v *view, u *User) (Named, bool) { return named(v.Roles, u.RoleID) }),
		nestList("habilitedRoles", r.roles, func(v *view, u *User) []Named {
			var list []Named
			for _, id := range u.SecondaryRoles {
				if n, ok := named(v.Roles, id); ok {
					list = append(list, n)
				}
			}
			return list
		}),
		raw("userWorkCycles", writeWorkCycles),
		number("cspId", func(v *view, u *User) int { return contract(v, u).CategoryID }),
		text("jobTitle", func(_ *view, u *User) string { return u.JobTitle }),
		text("gender", func(_ *view, u *User) string { return u.Gender }),
		text("directLine", func(_ *view, u *User) string { return u.DirectLine }),
		text("professionalMobile", func(_ *view, u *User) string { return u.ProfessionalMobile }),
		text("personalEmail", func(_ *view, u *User) string { return u.PersonalMail }),
		text("personalMobile", func(_ *view, u *User) string { return u.PersonalMobile }),
		text("address", func(_ *view, u *User) string { return u.Address }),
		text("quote", func(_ *view, u *User) string { return u.Quote }),
		asked(raw("applicationData", func(b []byte, v *view, u *User) []byte {
			profile, ok := named(v.Profiles, u.ProfileID)
			if !ok {
				profile = Named{1, "Cadre (218 jours)"}
			}
			b = append(b, `{"profile_figgo":`...)
			return append(r.profiles.write(b, v, profile, nil), '}')
		})),
		extendedData(),
	)
	users.dynamic = r.axisValue
	users.paths = map[string]string{
		"department.id": "departmentId", "legalentity.id": "legalEntityId", "manager.id": "managerId",
		"roleprincipal.id": "rolePrincipalId", "culture.id": "cultureID",
	}
	return users
}

// newerProperties are those that older specifications of the user do not have.
func newerProperties() []property[*User] {
	return []property[*User]{
		text("nationalityId", func(_ *view, u *User) string { return u.NationalityID }),
		asked(text("civilTitle", func(_ *view, u *User) string { return u.CivilTitle })),
		asked(text("externalId", func(_ *view, u *User) string { return u.ExternalID })),
		asked(date("seniorityDate", func(_ *view, u *User) Day { return u.SeniorityDate })),
	}
}

func modified(name string) property[*User] {
	return property[*User]{
		name: name, keys: timeKey,
		write: func(b []byte, _ *view, u *User, _ selection) []byte {
			return u.ModifiedAt.AppendFormat(b, `"2006-01-02T15:04:05.999"`)
		},
		key: func(_ *view, u *User) key { return key{num: u.ModifiedAt.UnixMilli()} },
	}
}

func writeWorkCycles(b []byte, v *view, u *User) []byte {
	start := u.applicable(v.Today).Start.Time().Format("2006-01-02T15:04:05")
	cycle := u.WorkCycleID
	if cycle == 0 {
		cycle = 6
	}
	return fmt.Appendf(b, `[{"id":%d,"ownerID":%d,"workCycleID":%d,"startsOn":%q,"endsOn":"9999-12-31T00:00:00"}]`, u.ID, u.ID, cycle, start)
}

// extendedData holds the custom fields, or those that are named: extendedData[e_x].
func extendedData() property[*User] {
	return property[*User]{
		name: "extendedData", onDemand: true, nested: func(selection) error { return nil },
		write: func(b []byte, v *view, u *User, sub selection) []byte {
			b = append(b, '{')
			first := true
			for _, code := range slices.Sorted(maps.Keys(u.Extensions)) {
				wanted := len(sub) == 0 || slices.ContainsFunc(sub, func(f selected) bool { return f.name == strings.ToLower(code) })
				if !wanted || v.hides(code) {
					continue
				}
				if !first {
					b = append(b, ',')
				}
				first = false
				e := u.Extensions[code]
				if len(e.Parts) > 0 {
					b = fmt.Appendf(b, `%q:%s`, code, e.parts())
					continue
				}
				b = fmt.Appendf(b, `%q:{"id":%d,"value":%s}`, code, e.ID, e.Value)
			}
			return append(b, '}')
		},
	}
}

const axisValuePrefix = "userAxisValues_"

// axisValue is the property userAxisValues_{axis id}; null where the user has no
// section of that axis.
func (r *resources) axisValue(name string) (property[*User], bool) {
	digits, ok := strings.CutPrefix(name, strings.ToLower(axisValuePrefix))
	axis, err := strconv.Atoi(digits)
	if !ok || err != nil {
		return property[*User]{}, false
	}
	return nest(axisValuePrefix+digits, r.sections, func(v *view, u *User) (Section, bool) {
		s, ok := find(v.Sections, u.Sections[axis], sectionID)
		if !ok {
			return Section{}, false
		}
		return *s, true
	}), true
}

func listUsers(c *call) answer {
	former := slices.Contains(c.query["formeremployees"], "true")
	for _, value := range c.query["dtcontractend"] {
		condition, err := parseCondition(timeKey, value)
		if err != nil {
			return c.refused(err)
		}
		// The older documentation's way to ask for former employees.
		former = former || condition.isNotNull()
	}
	users := make([]*User, 0, len(c.Users))
	for i := range c.Users {
		if u := &c.Users[i]; c.sees(u) && (former || !u.former(c.Today)) {
			users = append(users, u)
		}
	}
	return listV3(c, c.tenant.v3.users, users)
}

// visible finds the user of the path among those whom the key may see.
func (c *call) visible() (*User, bool) {
	id, err := strconv.Atoi(c.http.PathValue("id"))
	if err != nil {
		return nil, false
	}
	u := c.people.find(c.Company, id)
	return u, u != nil && c.sees(u)
}

func getUser(c *call) answer { return c.oneUser(c.visible()) }

// getMe is the account that the key acts as.
func getMe(c *call) answer {
	u := c.people.find(c.Company, c.key.UserID)
	return c.oneUser(u, u != nil && c.sees(u))
}

func (c *call) oneUser(u *User, found bool) answer {
	if !found {
		return c.fail(http.StatusInternalServerError, "User Not Found")
	}
	sel, err := c.userFields()
	if err != nil {
		return c.refused(err)
	}
	return c.data(c.tenant.v3.users.write(nil, c.view, u, sel))
}

// userFields are the fields of an answer about one user: without `fields`, all.
func (c *call) userFields() (selection, error) {
	wanted := c.query.Get("fields")
	if wanted == "" {
		return c.tenant.v3.users.all(), nil
	}
	sel, err := parseFields(wanted)
	if err != nil {
		return nil, err
	}
	return sel, c.tenant.v3.users.check(sel)
}
