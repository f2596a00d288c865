package plan

import (
	"fmt"
	"strconv"

	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
)

// identify finds out whom each row is about.
func (p *planner) identify() {
	for i := range p.drafts {
		d := &p.drafts[i]
		p.place(d)
		if p.doubtful {
			d.undecided = true
			continue
		}
		if p.refuseDamaged(d) {
			continue
		}
		if p.recognise(d); d.employee == nil && !d.undecided {
			p.refuseKnown(d)
			p.refuseLookalike(d)
		}
	}
}

// place finds the establishment and the department that somebody new would have.
func (p *planner) place(d *draft) {
	d.establishmentText, d.departmentText = p.cell(d, Establishment), p.cell(d, Department)
	d.establishment = p.idOf(p.catalogs.establishments, d.establishmentText)
	d.department = p.idOf(p.catalogs.departments, d.departmentText)
	if d.establishmentText == "" {
		d.establishmentText = p.defaults.value(Establishment, 0, d.department)
		d.establishment = p.idOf(p.catalogs.establishments, d.establishmentText)
	}
	if d.departmentText == "" {
		d.departmentText = p.defaults.value(Department, d.establishment, 0)
		d.department = p.idOf(p.catalogs.departments, d.departmentText)
	}
}

func (p *planner) idOf(c *catalog, text string) int {
	if text == "" {
		return 0
	}
	return c.find(text).id
}

// undecide rejects a row of which it is not certain whom it is about. All candidates count
// as present in the file.
func (p *planner) undecide(d *draft, candidates []*roster.Employee, code, column, predicate string) {
	d.undecided = true
	for _, e := range candidates {
		d.employee = e
		p.mentioned[e.ID] = true
	}
	p.refuse(d, code, column, predicate)
}

// refuseDamaged rejects a row whose identifier a spreadsheet has damaged.
func (p *planner) refuseDamaged(d *draft) bool {
	for _, code := range p.policy.Identifier.Columns() {
		prop, _ := propertyOf(code)
		if bad := damaged(prop.Property, p.cell(d, code)); bad != nil {
			p.undecide(d, nil, bad.code, code, bad.predicate)
			return true
		}
	}
	return false
}

// recognise looks for the employee with the identifier of the row.
func (p *planner) recognise(d *draft) {
	var found []*roster.Employee
	column := Login
	switch p.policy.Identifier {
	case ByMail:
		column = Mail
		d.key = mailKey(p.cell(d, Mail))
		found = p.directory.byMail[d.key]
	case ByNumber:
		column = EmployeeNumber
		found = p.byNumber(d)
	case ByName:
		column = LastName
		found = p.byName(d)
	default:
		// A login may be blank: that of somebody new is generated.
		d.key = loginKey(p.cell(d, Login))
		if found = p.directory.byLogin[d.key]; d.key == "" {
			return
		}
	}
	switch {
	case d.undecided:
	case d.key == "":
		p.undecide(d, nil, "missing_identifier", column, blankIdentifier)
	case column == Mail && p.shared[d.key]:
		p.undecide(d, found, "ambiguous_identifier", column, "is a mailbox that people share, which tells nobody apart: use another identifier")
	case len(found) > 1:
		p.undecide(d, found, "ambiguous_identifier", column, fmt.Sprintf("belongs to %d employees in Lucca; correct one of them, or use another identifier", len(found)))
	case len(found) == 1:
		d.employee = found[0]
	}
}

const blankIdentifier = "is blank, and tells whom the row is about"

// byNumber looks within the establishment of the cell: a default is only for somebody new.
func (p *planner) byNumber(d *draft) []*roster.Employee {
	text, number := p.cell(d, Establishment), p.cell(d, EmployeeNumber)
	if number == "" {
		return nil
	}
	if text == "" {
		p.undecide(d, nil, "missing_identifier", Establishment, "is blank, and an employee number counts only within its establishment")
		return nil
	}
	at := p.catalogs.establishments.find(text)
	if at.match != matched {
		bad := referenceProblem(roster.EstablishmentID, at)
		p.undecide(d, nil, bad.code, Establishment, bad.predicate)
		return nil
	}
	d.key = strconv.Itoa(at.id) + "/" + numberKey(number)
	exact, nearly := p.directory.numbered(number, at.id)
	if len(exact) == 0 && len(nearly) > 0 {
		p.undecide(d, nearly, "leading_zeros", EmployeeNumber, leadingZeros)
	}
	return exact
}

// byName looks for the one employee who has the name, in whatever spelling. Several, or one who
// has only part of it, or another date of birth, are nobody for certain.
func (p *planner) byName(d *draft) []*roster.Employee {
	looks := p.looksOf(d)
	if looks.Name.IsZero() {
		return nil
	}
	d.key = person.WholeKeys(p.cell(d, FirstName), p.cell(d, LastName))[0]
	likeness, found := p.directory.like(person.Person{Name: looks.Name}, nil)
	if likeness == person.Other {
		return nil
	}
	reborn := !looks.Birth.IsZero() && !found[0].BirthDate.IsZero() && looks.Birth != found[0].BirthDate
	if len(found) == 1 && likeness > person.Possible && !reborn {
		return found
	}
	d.ambiguous = true
	p.undecide(d, found, "ambiguous_name", LastName, fmt.Sprintf("means, with the first name, nobody in Lucca for certain, such as employee %d: use another identifier, or write the name as Lucca has it", found[0].ID))
	return nil
}

const leadingZeros = "differs only in leading zeros from the number of somebody in this establishment: a spreadsheet drops them, so make the column a text"

// refuseKnown rejects a row that would create somebody whose login, e-mail or number is in
// Lucca already: nobody gets a second account.
func (p *planner) refuseKnown(d *draft) {
	if login := p.cell(d, Login); login != "" {
		p.conflict(d, Login, p.directory.byLogin[loginKey(login)])
	}
	if mail := p.cell(d, Mail); p.ownMail(mail) != "" {
		p.conflict(d, Mail, p.directory.byMail[mailKey(mail)])
	}
	number := p.cell(d, EmployeeNumber)
	if number == "" || d.establishment == 0 {
		return
	}
	exact, nearly := p.directory.numbered(number, d.establishment)
	p.conflict(d, EmployeeNumber, exact)
	if len(exact) == 0 && len(nearly) > 0 {
		p.undecide(d, nearly, "leading_zeros", EmployeeNumber, leadingZeros)
	}
}

func (p *planner) conflict(d *draft, column string, owners []*roster.Employee) {
	if len(owners) == 0 {
		return
	}
	if d.key == "" {
		p.undecide(d, owners, "identity_conflict", column,
			fmt.Sprintf("belongs to employee %d in Lucca: write the login of that employee in the row, or let another column identify the rows", owners[0].ID))
		return
	}
	p.undecide(d, owners, "identity_conflict", column,
		fmt.Sprintf("belongs to employee %d in Lucca, whom the identifier of the row does not mean: correct one of the two, since nobody gets a second account", owners[0].ID))
}

// refuseRepeats rejects all rows that are about the same person.
func (p *planner) refuseRepeats() {
	column := p.identifier()
	p.refuseSame(repeat{"duplicate_row", column, ""}, func(d *draft) string { return d.key })
	p.refuseSame(repeat{"duplicate_employee", column, ""}, func(d *draft) string {
		if d.employee == nil || d.undecided || d.rejected {
			return ""
		}
		return strconv.Itoa(d.employee.ID)
	})
}

// repeat is what several rows must not share, with what a message says beside where the
// other one is.
type repeat struct{ code, column, hint string }

// refuseSame rejects the rows that share a key, saying for each where another one is.
// A row with an empty key shares nothing.
func (p *planner) refuseSame(r repeat, key func(*draft) string) {
	first := make(map[string]int, len(p.drafts))
	refused := make(map[int]int)
	for i := range p.drafts {
		k := key(&p.drafts[i])
		if k == "" {
			continue
		}
		other, repeated := first[k]
		if !repeated {
			first[k] = i
			continue
		}
		refused[i] = other
		if _, ok := refused[other]; !ok {
			refused[other] = i
		}
	}
	if len(refused) == 0 {
		return
	}
	for i := range p.drafts {
		if other, ok := refused[i]; ok {
			p.refuse(&p.drafts[i], r.code, r.column, fmt.Sprintf("is that of row %d too: keep one of the two%s", p.drafts[other].row.Number, r.hint))
		}
	}
}
