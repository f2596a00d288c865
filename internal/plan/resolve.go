package plan

import (
	"fmt"
	"slices"
	"strconv"
	"sync"

	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
)

// draft is what the first stage finds out about a row: whom it is about.
type draft struct {
	row *Row
	// index is the place of the row among all of them.
	index int
	// employee is whom the row is about; nil for somebody new, or when it is undecided.
	employee *roster.Employee
	// undecided is a row of which it is not known, or not certain, whom it is about: perhaps one
	// of the candidates.
	undecided  bool
	candidates []*roster.Employee
	rejected   bool
	// key is the identifier of the row, empty when it has none.
	key  string
	site *site
	// resembles is an employee who may be the one whom the row creates, as much as likeness says.
	resembles *roster.Employee
	likeness  person.Likeness
	// ambiguous: its name, which identifies it, means nobody for certain.
	ambiguous bool
}

// site is where somebody new would be, shared by the rows that say the same: ids, 0 for none that is
// known, with their texts; from the defaults too.
type site struct {
	establishment, department         int
	establishmentText, departmentText string
}

// unsettled is a row of which it is not certain whom it is about, for one reason. All
// candidates count as present in the file.
type unsettled struct {
	candidates []*roster.Employee
	objection
}

// undecide gives up on a row.
func (d *draft) undecide(u *unsettled) []objection {
	d.undecided, d.rejected = true, true
	d.candidates = append(slices.Clip(d.candidates), u.candidates...)
	if n := len(u.candidates); n > 0 {
		d.employee = u.candidates[n-1]
	}
	return []objection{u.objection}
}

// resolve finds out whom each row is about. Rejected are the rows that the reader refused; a
// file that is doubtful as a whole has none that is about anybody.
func resolve(in *input, r *report, rejected func(row int) bool, doubtful bool) []draft {
	rows := in.sheet.table.Rows
	drafts := make([]draft, len(rows))
	employees := sync.OnceValue(func() *lookalikes { return newLookalikes(in.people) }) // few files need them
	found := make(sites)
	for i := range drafts {
		d := &drafts[i]
		*d = draft{row: &rows[i], index: i, site: found.of(in, &rows[i]), rejected: doubtful || rejected(rows[i].Number), undecided: doubtful}
		if !doubtful {
			r.say(d.row, recognise(in, employees, d)...)
			if d.stranger() {
				r.say(d.row, refuseKnown(in, d)...)
				r.say(d.row, refuseLookalike(in, employees, d)...)
			}
		}
	}
	refuseRepeats(in, r, drafts)
	return drafts
}

// stranger reports whether the identifier of a row is nobody's in Lucca.
func (d *draft) stranger() bool { return d.employee == nil && !d.undecided }

// sites are those found so far, by the texts of the file.
type sites map[[2]string]*site

func (all sites) of(in *input, r *Row) *site {
	texts := [2]string{in.sheet.cell(r, Establishment), in.sheet.cell(r, Department)}
	s, known := all[texts]
	if !known {
		s = siteOf(in, texts[0], texts[1])
		all[texts] = s
	}
	return s
}

// siteOf finds the establishment and the department that somebody new would have.
func siteOf(in *input, establishment, department string) *site {
	s := &site{establishmentText: establishment, departmentText: department}
	s.establishment, s.department = idOf(in.catalogs.establishments, s.establishmentText), idOf(in.catalogs.departments, s.departmentText)
	if s.establishmentText == "" {
		s.establishmentText = in.defaults.value(Establishment, 0, s.department)
		s.establishment = idOf(in.catalogs.establishments, s.establishmentText)
	}
	if s.departmentText == "" {
		s.departmentText = in.defaults.value(Department, s.establishment, 0)
		s.department = idOf(in.catalogs.departments, s.departmentText)
	}
	return s
}

func idOf(c *catalog, text string) int {
	if text == "" {
		return 0
	}
	return c.find(text).id
}

// recognise looks for the employee with the identifier of a row.
func recognise(in *input, employees func() *lookalikes, d *draft) []objection {
	for _, code := range in.sheet.identifier {
		prop, _ := propertyOf(code)
		if bad := damaged(prop.Property, in.sheet.cell(d.row, code)); bad != nil {
			return d.undecide(&unsettled{nil, refusal(bad.code, code, bad.predicate)})
		}
	}
	key, found, doubt := identify(in, employees, d)
	d.key = key
	column := in.sheet.key()
	switch {
	case doubt != nil:
		return d.undecide(doubt)
	case key == "" && in.policy.Identifier == ByLogin:
		return nil // that of somebody new is generated
	case key == "":
		return d.undecide(&unsettled{nil, refusal("missing_identifier", column, blankIdentifier)})
	case column == Mail && in.shared[key]:
		return d.undecide(&unsettled{found, refusal("ambiguous_identifier", column, "is a mailbox that people share, which tells nobody apart: use another identifier")})
	case len(found) > 1:
		return d.undecide(&unsettled{found, refusal("ambiguous_identifier", column, fmt.Sprintf("belongs to %d employees in Lucca; correct one of them, or use another identifier", len(found)))})
	case len(found) == 1:
		d.employee = found[0]
	}
	return nil
}

const blankIdentifier = "is blank, and tells whom the row is about"

// identify returns the identifier of a row as a key, and who has it in Lucca.
func identify(in *input, employees func() *lookalikes, d *draft) (key string, found []*roster.Employee, doubt *unsettled) {
	switch in.policy.Identifier {
	case ByMail:
		key = mailKey(in.sheet.cell(d.row, Mail))
		return key, in.directory.byMail[key], nil
	case ByNumber:
		return identifyByNumber(in, d)
	case ByName:
		return identifyByName(in, employees, d)
	default:
		key = loginKey(in.sheet.cell(d.row, Login))
		return key, in.directory.byLogin[key], nil
	}
}

// identifyByNumber looks within the establishment of the cell: a default is only for somebody
// new.
func identifyByNumber(in *input, d *draft) (key string, exact []*roster.Employee, doubt *unsettled) {
	text, number := in.sheet.cell(d.row, Establishment), in.sheet.cell(d.row, EmployeeNumber)
	if number == "" {
		return "", nil, nil
	}
	if text == "" {
		return "", nil, &unsettled{nil, refusal("missing_identifier", Establishment, "is blank, and an employee number counts only within its establishment")}
	}
	at := in.catalogs.establishments.find(text)
	if at.match != matched {
		bad := referenceProblem(roster.EstablishmentID, at)
		return "", nil, &unsettled{nil, refusal(bad.code, Establishment, bad.predicate)}
	}
	exact, nearly := in.directory.numbered(number, at.id)
	if len(exact) == 0 && len(nearly) > 0 {
		doubt = &unsettled{nearly, refusal("leading_zeros", EmployeeNumber, leadingZeros)}
	}
	return strconv.Itoa(at.id) + "/" + numberKey(number), exact, doubt
}

const leadingZeros = "differs only in leading zeros from the number of somebody in this establishment: a spreadsheet drops them, so make the column a text"

// identifyByName looks for the one employee who has the name, in whatever spelling. Several, or
// one who has only part of it, or another date of birth, are nobody for certain.
func identifyByName(in *input, employees func() *lookalikes, d *draft) (key string, found []*roster.Employee, doubt *unsettled) {
	looks := in.rowLooks(d.row)
	if looks.Name.IsZero() {
		return "", nil, nil
	}
	key = person.WholeKeys(in.sheet.cell(d.row, FirstName), in.sheet.cell(d.row, LastName))[0]
	likeness, found := employees().like(person.Person{Name: looks.Name})
	if likeness == person.Other {
		return key, nil, nil
	}
	if len(found) == 1 && likeness > person.Possible && !differ(looks.Birth, found[0].BirthDate) {
		return key, found, nil
	}
	d.ambiguous = true
	return key, nil, &unsettled{found, refusal("ambiguous_name", LastName, fmt.Sprintf("means, with the first name, nobody in Lucca for certain, such as employee %d: use another identifier, or write the name as Lucca has it", found[0].ID))}
}

// refuseKnown rejects a row that would create somebody whose login, e-mail or number is in
// Lucca already: nobody gets a second account.
func refuseKnown(in *input, d *draft) (said []objection) {
	conflict := func(column string, owners []*roster.Employee) {
		if len(owners) > 0 {
			said = append(said, d.undecide(&unsettled{owners, refusal("identity_conflict", column, conflicting(d.key, owners[0]))})...)
		}
	}
	conflict(Login, in.directory.byLogin[loginKey(in.sheet.cell(d.row, Login))])
	conflict(Mail, in.directory.byMail[in.ownMail(in.sheet.cell(d.row, Mail))])
	if d.site.establishment == 0 {
		return said
	}
	exact, nearly := in.directory.numbered(in.sheet.cell(d.row, EmployeeNumber), d.site.establishment)
	conflict(EmployeeNumber, exact)
	if len(exact) == 0 && len(nearly) > 0 {
		said = append(said, d.undecide(&unsettled{nearly, refusal("leading_zeros", EmployeeNumber, leadingZeros)})...)
	}
	return said
}

func conflicting(key string, owner *roster.Employee) string {
	if key == "" {
		return fmt.Sprintf("belongs to employee %d in Lucca: write the login of that employee in the row, or let another column identify the rows", owner.ID)
	}
	return fmt.Sprintf("belongs to employee %d in Lucca, whom the identifier of the row does not mean: correct one of the two, since nobody gets a second account", owner.ID)
}

// refuseLookalike rejects a row that would create somebody who is an employee: the
// identifier may have changed, and nobody gets a second account. Where it may be somebody
// else, a person has to look.
func refuseLookalike(in *input, employees func() *lookalikes, d *draft) []objection {
	if len(in.sheet.incomplete) > 0 || d.undecided {
		return nil
	}
	likeness, alike := employees().like(in.rowLooks(d.row))
	switch {
	case likeness == person.Other:
		return nil
	case likeness < person.Same:
		d.resembles, d.likeness = alike[0], likeness
		return nil
	case alike[0].StatusOn(in.day) == roster.Former:
		return d.undecide(&unsettled{alike, refusal("same_person", LastName, fmt.Sprintf("is, with the first name and the date of birth, first day or number, that of employee %d, who has left: write the identifier that Lucca has to rehire them or, for somebody else, a date of birth or an employee number", alike[0].ID))})
	default:
		return d.undecide(&unsettled{alike, refusal("same_person", LastName, fmt.Sprintf("is, with the first name and the date of birth, first day or number, that of employee %d in Lucca: write the identifier that Lucca has or, for somebody else, a date of birth or an employee number", alike[0].ID))})
	}
}

// refuseRepeats rejects all rows that are about the same person.
func refuseRepeats(in *input, r *report, drafts []draft) {
	for _, same := range []struct {
		code string
		key  func(i int) string
	}{
		{"duplicate_row", func(i int) string { return drafts[i].key }},
		{"duplicate_employee", func(i int) string {
			if d := &drafts[i]; d.employee != nil && !d.undecided && !d.rejected {
				return strconv.Itoa(d.employee.ID)
			}
			return ""
		}},
	} {
		for _, p := range repeated(len(drafts), same.key) {
			d := &drafts[p.at]
			d.rejected = true
			r.say(d.row, refusal(same.code, in.sheet.key(), fmt.Sprintf("is that of row %d too: keep one of the two", drafts[p.other].row.Number)))
		}
	}
}

// pair is a row and another one that has the same key.
type pair struct{ at, other int }

// repeated finds among n rows those that share a key, in their order, and for each of them
// another one. A row with an empty key shares nothing.
func repeated(n int, key func(i int) string) []pair {
	first := make(map[string]int, n)
	others := make(map[int]int)
	for i := range n {
		k := key(i)
		if k == "" {
			continue
		}
		other, again := first[k]
		if !again {
			first[k] = i
			continue
		}
		others[i] = other
		if _, known := others[other]; !known {
			others[other] = i
		}
	}
	pairs := make([]pair, 0, len(others))
	for at, other := range others {
		pairs = append(pairs, pair{at, other})
	}
	slices.SortFunc(pairs, func(a, b pair) int { return a.at - b.at })
	return pairs
}
