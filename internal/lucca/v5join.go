package lucca

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lucca-exchange/internal/roster"
)

// people are what the lists of v5 say of everybody, to be put together.
type people struct {
	all       []wireEmployee
	contracts map[identifier]contractV5
	positions map[identifier]wirePosition
	records   map[identifier]recordV5
	// fields are custom fields by employee and code.
	fields map[identifier]map[string]string
}

// contractV5 is an employment, decoded.
type contractV5 struct {
	owner      identifier
	template   int
	start, end roster.Date
}

// recordV5 is a personal record, decoded.
type recordV5 struct {
	gender, mobile, mail string
	birthDate            roster.Date
}

// readPeople reads the lists about people that a query needs, of everybody or of some.
func readPeople(ctx context.Context, c *Client, q roster.Query, ids []int) (*people, error) {
	p := &people{contracts: map[identifier]contractV5{}, positions: map[identifier]wirePosition{}, records: map[identifier]recordV5{}}
	var err error
	if p.all, err = readWays(ctx, c, newest(c, employees(q, ids))); err != nil {
		return nil, err
	}
	listed := len(p.all)
	p.all = slices.DeleteFunc(p.all, wireEmployee.dateless)
	if n := listed - len(p.all); n > 0 {
		c.log.InfoContext(ctx, "lucca.employees-left-out", "why", "deactivated, and without an employment", "count", n)
	}
	for _, name := range v5Lists(q) {
		switch name {
		case "employments":
			err = gather(ctx, c, p.addContract, employments(ids))
		case "job-positions":
			err = gather(ctx, c, p.addPosition, jobPositions())
		case "employee-personal-records":
			err = gather(ctx, c, p.addRecord, personalRecords())
		case attributes:
			err = p.addFields(ctx, c, q)
		}
		if err != nil {
			return nil, err
		}
	}
	return p, nil
}

// gather reads a list by one of its ways and hands each item on.
func gather[W any](ctx context.Context, c *Client, add func(W) error, all ...list[W]) error {
	items, err := readWays(ctx, c, newest(c, all...))
	if err != nil {
		return err
	}
	for _, w := range items {
		if err := add(w); err != nil {
			return fmt.Errorf("list %s: %w", all[0].route.what, err)
		}
	}
	return nil
}

func (p *people) addContract(w wireEmployment) (err error) {
	if w.Employee == nil {
		return fmt.Errorf("an employment without an employee: %w", ErrMalformed)
	}
	k := contractV5{owner: w.Employee.ID, template: w.Template.id()}
	if err = parseDate("start", w.Start.text(), &k.start); err == nil {
		err = parseDate("end", w.End.text(), &k.end)
	}
	p.contracts[w.ID] = k
	return err
}

func (p *people) addPosition(w wirePosition) error {
	p.positions[w.ID] = w
	return nil
}

// gender is the word of v3 for one of v5.
func gender(legal string) string {
	switch legal {
	case "male":
		return "Male"
	case "female":
		return "Female"
	case "diverse":
		return "Misc"
	case "unknown":
		return "Undefined"
	default:
		return ""
	}
}

func (p *people) addRecord(w wireRecord) error {
	if w.Employee == nil {
		return fmt.Errorf("a personal record without an employee: %w", ErrMalformed)
	}
	r := recordV5{gender: gender(w.LegalGender.Value), mobile: w.PhoneNumber.Value, mail: w.Email.Value}
	err := parseDate("birthDate", w.BirthDate.Value, &r.birthDate)
	p.records[w.Employee.ID] = r
	return err
}

// codesV5 are the custom fields that a query reads, as they are spelled in the configuration.
func codesV5(c *Client, q roster.Query) []string {
	all := slices.Concat(slices.Collect(maps.Values(c.config.extensionCodes())), q.Codes)
	slices.Sort(all)
	return slices.Compact(all)
}

// addFields reads the custom fields. One with several values of somebody has them joined, in
// Lucca's order.
func (p *people) addFields(ctx context.Context, c *Client, q roster.Query) error {
	codes, names := codesV5(c, q), make(fieldNames)
	p.fields = make(map[identifier]map[string]string)
	if len(codes) == 0 {
		return nil
	}
	add := func(w wireField) error {
		if w.code() == "" || w.Employee == nil {
			return fmt.Errorf("a custom field without a definition or an employee: %w", ErrMalformed)
		}
		i := slices.IndexFunc(codes, func(code string) bool { return strings.EqualFold(code, w.code()) })
		if i < 0 {
			return fmt.Errorf("a custom field that was not asked for: %w", ErrMalformed)
		}
		text, err := names.text(w.Value)
		if err != nil {
			return fmt.Errorf("custom field %q: %w", codes[i], err)
		}
		of := p.fields[w.Employee.ID]
		if of == nil {
			of = make(map[string]string, len(codes))
			p.fields[w.Employee.ID] = of
		}
		switch before := of[codes[i]]; {
		case text == "":
		case before == "":
			of[codes[i]] = text
		default:
			of[codes[i]] = before + ", " + text
		}
		return nil
	}
	return gather(ctx, c, add, customFields(codes, names)...)
}

// fieldNames are the names of entries of custom lists, by id.
type fieldNames map[string]string

// add takes what is embedded beside a page.
func (n fieldNames) add(embedded json.RawMessage) error {
	var e struct {
		Labels map[string]struct {
			Name  string `json:"name"`
			Title string `json:"title"`
			Label string `json:"label"`
		} `json:"taxonomy-label"`
	}
	if len(embedded) == 0 {
		return nil
	}
	if err := decode(embedded, &e); err != nil {
		return err
	}
	for id, l := range e.Labels {
		for _, text := range []string{l.Name, l.Title, l.Label} {
			if text != "" {
				n[id] = text
				break
			}
		}
	}
	return nil
}

// text is the value of a custom field: the name of the entry of a list, the id of an
// employee, a number by its own digits.
func (n fieldNames) text(raw json.RawMessage) (string, error) {
	raw = bytes.TrimSpace(raw)
	if !bytes.HasPrefix(raw, []byte("{")) {
		return extensionText(raw)
	}
	var to struct {
		ID   string `json:"id"`
		Type string `json:"type"`
	}
	if err := decode(raw, &to); err != nil {
		return "", err
	}
	switch {
	case to.ID == "":
		return "", fmt.Errorf("a composite value, which no column can hold: %w", ErrMalformed)
	case to.Type != "taxonomy-label":
		return to.ID, nil
	case n[to.ID] == "":
		return "", fmt.Errorf("the names of its entries are not told: tick taxonomies.readonly for the client: %w", ErrScope)
	}
	return n[to.ID], nil
}

// employees puts everybody together.
func (p *people) employees(q roster.Query) []roster.Employee {
	all := make([]roster.Employee, len(p.all))
	for i, w := range p.all {
		all[i] = p.employee(w, q)
	}
	return all
}

func (p *people) employee(w wireEmployee, q roster.Query) roster.Employee {
	e := roster.Employee{
		ID: int(w.ID), Mail: w.Email.Value, EmployeeNumber: w.EmployeeNumber.Value, LastName: w.FamilyName, FirstName: w.GivenName,
		ProfessionalMobile: w.PhoneNumber.Value, Extensions: p.fields[w.ID],
	}
	e.Hidden = v5Lacks | roster.Mail&^set(w.Email, roster.Mail) | roster.EmployeeNumber&^set(w.EmployeeNumber, roster.EmployeeNumber) |
		roster.ProfessionalMobile&^set(w.PhoneNumber, roster.ProfessionalMobile)
	if w.Employment != nil {
		k, listed := p.contracts[w.Employment.ID]
		e.ContractStart, e.ContractEnd = k.start, k.end
		if !listed {
			e.Hidden |= fromContract
		}
	}
	if w.Position != nil {
		at, listed := p.positions[w.Position.ID]
		e.JobTitle, e.ManagerID, e.EstablishmentID = at.JobTitle.Value, at.Manager.id(), at.Establishment.id()
		e.DepartmentID, e.CategoryID = at.Department.id(), at.Category.id()
		if !listed {
			e.Hidden |= fromPosition
		}
	}
	r, listed := p.records[w.ID]
	e.Gender, e.BirthDate, e.PersonalMail, e.PersonalMobile = r.gender, r.birthDate, r.mail, r.mobile
	if !listed {
		e.Hidden |= fromRecord
	}
	e.Hidden &= q.Fields
	return e
}

// set is the property when the answer holds it, also as null.
func set[T any](o optional[T], f roster.Fields) roster.Fields {
	if o.Set {
		return f
	}
	return 0
}

// workContracts are all contracts, with what the applicable positions say of the applicable
// ones.
func (p *people) workContracts() []roster.Contract {
	categories := make(map[identifier]int, len(p.all))
	for _, w := range p.all {
		if w.Employment != nil && w.Position != nil {
			categories[w.Employment.ID] = p.positions[w.Position.ID].Category.id()
		}
	}
	all := make([]roster.Contract, 0, len(p.contracts))
	for id, k := range p.contracts {
		all = append(all, roster.Contract{
			ID: int(id), OwnerID: int(k.owner), TypeID: k.template, CategoryID: categories[id], StartsOn: k.start, EndsOn: k.end,
		})
	}
	slices.SortFunc(all, func(a, b roster.Contract) int { return cmp.Compare(a.ID, b.ID) })
	return all
}
