package lucca

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/roster"
)

// axisProperty is the property of a user that refers to a section of an axis.
func axisProperty(axis int) string { return "userAxisValues_" + strconv.Itoa(axis) }

// userFields is the value of fields= for a query.
func userFields(q roster.Query) string {
	names := []string{"id"}
	for _, p := range roster.Properties() {
		if q.Fields&p.Field != 0 && p.Kind != roster.ContractTypeID {
			names = append(names, p.Asked())
		}
	}
	if q.Fields&roster.Extensions != 0 {
		names = append(names, "extendedData")
	}
	if q.Fields&roster.Profiles != 0 {
		names = append(names, "applicationData")
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

// members are the members of an employee as v3 gives them, by name in small letters.
type members map[string]json.RawMessage

// userDecoder reads users for one query. What the nested references name is collected,
// since it saves a list.
type userDecoder struct {
	query roster.Query
	// codes are the custom fields to keep, by lower-case code.
	codes map[string]string
	// fields are the definitions of custom fields, by lower-case code.
	fields map[string]roster.Field
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

// define takes the definitions of custom fields.
func (d *userDecoder) define(fields []roster.Field) {
	d.fields = make(map[string]roster.Field, len(fields))
	for _, f := range fields {
		d.fields[strings.ToLower(f.Code)] = f
	}
}

// decode reads one user and returns the id beside it.
func (d *userDecoder) decode(raw json.RawMessage) (roster.Employee, int, error) {
	m, err := readMembers(raw)
	if err != nil {
		return roster.Employee{}, 0, err
	}
	var e roster.Employee
	if err := d.own(&e, m); err != nil {
		return e, 0, err
	}
	for _, read := range []func(*roster.Employee, members) error{d.extensions, d.axes, d.profiles} {
		if err := read(&e, m); err != nil {
			return e, 0, err
		}
	}
	return e, e.ID, d.roles(m)
}

// roles notes the names of the roles of somebody.
func (d *userDecoder) roles(m members) error {
	if !d.query.Roles {
		return nil
	}
	list, err := read[[]reference](m["habilitedroles"], "habilitedRoles")
	if err != nil {
		return err
	}
	primary, err := read[reference](m["roleprincipal"], "rolePrincipal")
	for _, r := range append(list, primary) {
		if r.ID > 0 && r.Name != "" {
			d.roleNames[r.ID] = r.Name
		}
	}
	return err
}

func readMembers(raw json.RawMessage) (members, error) {
	var spelled map[string]json.RawMessage
	if err := decode(raw, &spelled); err != nil {
		return nil, err
	}
	m := make(members, len(spelled))
	for name, value := range spelled {
		m[strings.ToLower(name)] = value
	}
	return m, nil
}

// own reads the properties of roster.Properties.
func (d *userDecoder) own(e *roster.Employee, m members) error {
	id, err := read[int](m["id"], "id")
	if err != nil {
		return err
	}
	e.ID = id
	properties := roster.Properties()
	for i := range properties {
		p := &properties[i]
		if d.query.Fields&p.Field == 0 || p.Kind == roster.ContractTypeID {
			continue
		}
		value, set := m[p.Member()]
		if !set {
			e.Hidden |= p.Field
			continue
		}
		if err := d.property(e, p, value); err != nil {
			return err
		}
	}
	return nil
}

// property reads one property by its kind.
func (d *userDecoder) property(e *roster.Employee, p *roster.Property, raw json.RawMessage) error {
	name := p.Asked()
	switch {
	case p.Kind == roster.Day:
		text, err := read[string](raw, name)
		var v roster.Datum
		if err == nil {
			err = parseDate(name, text, &v.Date)
		}
		p.Set(e, v)
		return err
	case p.Kind == roster.LanguageTag:
		id, err := read[int](raw, name)
		p.Set(e, roster.Datum{Text: cultureTag(id)})
		return err
	case p.Kind == roster.RoleIDs:
		list, err := read[[]reference](raw, name)
		p.SetIDs(e, sortedIDs(list))
		return err
	case p.Kind == roster.CycleID:
		v, err := lastCycle(raw)
		p.Set(e, v)
		return err
	case p.Refers() && strings.Contains(name, "["):
		ref, err := read[reference](raw, name)
		p.Set(e, roster.Datum{ID: ref.ID, Text: ref.Name})
		if p.Kind == roster.EstablishmentID && ref.ID > 0 {
			d.establishments[ref.ID] = ref.Name
		}
		return err
	case p.Refers():
		id, err := read[int](raw, name)
		p.Set(e, roster.Datum{ID: id})
		return err
	default:
		text, err := read[string](raw, name)
		p.Set(e, roster.Datum{Text: text})
		return err
	}
}

// read reads the value of a member; null and nothing are the zero value.
func read[T any](raw json.RawMessage, name string) (T, error) {
	var v T
	if len(raw) == 0 {
		return v, nil
	}
	if err := decode(raw, &v); err != nil {
		return v, fmt.Errorf("property %q: %w", name, err)
	}
	return v, nil
}

// lastCycle is the work cycle that somebody was given last, and the day from which.
func lastCycle(raw json.RawMessage) (last roster.Datum, err error) {
	list, err := read[[]struct {
		WorkCycleID int
		StartsOn    string
	}](raw, "userWorkCycles")
	for _, w := range list {
		v := roster.Datum{ID: w.WorkCycleID}
		if err == nil {
			err = parseDate("userWorkCycles", w.StartsOn, &v.Date)
		}
		if last.ID == 0 || v.Date.After(last.Date) {
			last = v
		}
	}
	return last, err
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

func parseDate(name, text string, into *roster.Date) error {
	d, err := roster.ParseDate(text)
	if err != nil {
		return fmt.Errorf("property %q: %w", name, fault.Wrap(ErrMalformed, err))
	}
	*into = d
	return nil
}

func (d *userDecoder) extensions(e *roster.Employee, m members) error {
	if d.query.Fields&roster.Extensions == 0 {
		return nil
	}
	raw, set := m["extendeddata"]
	if !set {
		e.Hidden |= roster.Extensions
		return nil
	}
	fields, err := read[map[string]json.RawMessage](raw, "extendedData")
	if err != nil {
		return err
	}
	for name, raw := range fields {
		code, wanted := d.codes[strings.ToLower(name)]
		if !wanted {
			continue
		}
		if err := d.extension(e, code, raw); err != nil {
			return fmt.Errorf("custom field %q: %w", code, err)
		}
	}
	return nil
}

// extension reads one custom field: as it is defined, or by its looks where Lucca defines none.
func (d *userDecoder) extension(e *roster.Employee, code string, raw json.RawMessage) error {
	name := strings.ToLower(code)
	f, defined := d.fields[name]
	read := extensionText
	if defined {
		read = func(raw json.RawMessage) (string, error) { return fieldText(f, raw) }
	}
	text, err := read(raw)
	if err != nil {
		return err
	}
	if text != "" {
		if e.Extensions == nil {
			e.Extensions = make(map[string]string, len(d.codes))
		}
		e.Extensions[code] = text
	}
	if d.identified[name] {
		identify(e, code, raw, defined && f.Multiple)
	}
	return nil
}

// identify keeps the ids of the values of a custom field, with which Lucca wants them changed.
func identify(e *roster.Employee, code string, raw json.RawMessage, multiple bool) {
	if multiple {
		if e.ExtensionParts == nil {
			e.ExtensionParts = make(map[string][]roster.FieldPart, 1)
		}
		e.ExtensionParts[code] = fieldParts(raw)
	}
	if id := extensionID(raw); id > 0 {
		if e.ExtensionIDs == nil {
			e.ExtensionIDs = make(map[string]int, 1)
		}
		e.ExtensionIDs[code] = id
	}
}

// profiles reads the profiles of applications, as profile_figgo.
func (d *userDecoder) profiles(e *roster.Employee, m members) error {
	if d.query.Fields&roster.Profiles == 0 {
		return nil
	}
	raw, set := m["applicationdata"]
	if !set {
		e.Hidden |= roster.Profiles
		return nil
	}
	data, err := read[map[string]json.RawMessage](raw, "applicationData")
	if err != nil {
		return err
	}
	for name, value := range data {
		p, ok := roster.PropertyOf(strings.ToLower(name))
		if !ok || p.Field != roster.Profiles {
			continue
		}
		ref, err := read[reference](value, name)
		if err != nil {
			return err
		}
		p.Set(e, roster.Datum{ID: ref.ID, Text: ref.Name})
	}
	return nil
}

// axes reads the properties whose names hold an axis id.
func (d *userDecoder) axes(e *roster.Employee, m members) error {
	if d.query.Fields&roster.Axes == 0 {
		return nil
	}
	seen := len(d.query.Axes) == 0
	for _, axis := range d.query.Axes {
		name := axisProperty(axis)
		value, set := m[strings.ToLower(name)]
		if !set {
			continue // an axis may have no property of its own: see roster.CostCenter
		}
		seen = true
		var ref optional[reference]
		if err := decode(value, &ref); err != nil {
			return fmt.Errorf("property %q: %w", name, err)
		}
		d.addSection(e, axis, ref.Value)
	}
	if !seen {
		e.Hidden |= roster.Axes
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
