package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
)

// cellReader finds out what the cells of rows mean.
type cellReader struct {
	in    *input
	crowd *crowd
}

// value is what a text means for one property.
type value struct {
	text string
	date roster.Date
	// id is a reference or an LCID; 0 for no manager.
	id int
	// newcomer is the row that creates the manager.
	newcomer *draft
	// wire and wires are the JSON of a custom field, of one value or of several.
	wire  string
	wires []string
	// left tells that the manager is a former employee.
	left bool
	// doubt is what a person should look at in it, nil for nothing.
	doubt *problem
}

// read finds out what a text of a row, which is not blank, means.
func (r cellReader) read(d *draft, c *column, text string) (value, *problem) {
	if bad := damaged(c.Property, text); bad != nil {
		return value{}, bad
	}
	if bad := r.in.habits.of[c.name].lost(d.employee, c, text); bad != nil {
		return value{}, bad
	}
	if bad := r.misplaced(d, c, text); bad != nil {
		return value{}, bad
	}
	switch c.Kind {
	case roster.Custom:
		return r.readCustom(d, c, text)
	case roster.Day:
		return readDate(r.in.day, d.employee, c, text)
	case roster.MailAddress:
		return r.readMail(text)
	case roster.GenderWord:
		return oneOf(genders(), text, "bad_gender")
	case roster.LanguageTag:
		return readLanguage(text)
	case roster.ManagerID:
		return r.readManager(d, text)
	case roster.Country:
		return readCountry(text)
	case roster.ContractTypeID:
		return r.readContractType(d.employee, c, text)
	case roster.CycleID:
		return readCycle(text)
	}
	if c.Refers() {
		return r.readReference(c, text)
	}
	return value{text: compose(text)}, nil
}

// readCustom reads a custom field: by its kind, or by what it holds in Lucca where that is not told.
func (r cellReader) readCustom(d *draft, c *column, text string) (value, *problem) {
	f, known := r.in.field(c)
	h := r.in.habits.of[c.name]
	if h.decimal {
		f, known = roster.Field{Kind: roster.NumberField}, true
	}
	if !known {
		return value{text: compose(text)}, nil
	}
	if f.Kind == roster.NumberField && thousand.MatchString(text) && !h.fine && (d.employee == nil || !hasField(&f, c.Text(d.employee), text)) {
		return value{}, &problem{"ambiguous_number", "is thousands or a number with three decimals: write no sign between thousands, and two decimals or four"}
	}
	return readField(&f, text)
}

// readMail takes an address at which the person of a row can be reached.
func (r cellReader) readMail(text string) (value, *problem) {
	switch {
	case !isMail(text) || !r.in.habits.accented && !ascii(text):
		return value{}, &problem{"bad_mail", "is not an e-mail address such as name@company.example"}
	case isNobodys(text):
		return value{}, &problem{"bad_mail", "stands for no address, or is one that nobody reads: write the person's own, or leave it blank"}
	case isMisspelt(text):
		return value{}, &problem{"bad_mail", "has a domain that is a letter off a well-known one, such as gmial.com: correct it"}
	default:
		return value{text: compose(text)}, nil
	}
}

// readCycle takes the number of a work cycle.
func readCycle(text string) (value, *problem) {
	id, _ := digits(text)
	if id == 0 {
		return value{}, &problem{"bad_cycle", "is not the number of a work cycle, which the address of its page in Lucca ends with"}
	}
	return value{text: text, id: id}, nil
}

// readReference looks for what has the name, the code or the path.
func (r cellReader) readReference(c *column, text string) (value, *problem) {
	a := r.in.catalogs.of(&c.property).find(text)
	if a.match != matched {
		return value{}, referenceProblem(c.Kind, a)
	}
	return value{text: a.label, id: a.id}, nil
}

// misplaced tells why a text is not what its column is for, by what else the row or Lucca says.
func (r cellReader) misplaced(d *draft, c *column, text string) *problem {
	switch {
	case isNoAddress(c) && isPostal(text):
		return &problem{"misplaced_value", "is a postal address: see which column it belongs to"}
	case d.employee != nil && (c.Kind == roster.GivenName || c.Kind == roster.FamilyName) && countedOn(c.Text(d.employee), text):
		return &problem{"look_alike", "is the name in Lucca with a number behind it, as a spreadsheet counts one on: see which row it belongs to"}
	case c.name == "jobTitle" && r.isOwnName(d, text):
		return &problem{"misplaced_value", "is the name of the person: see which column it belongs to"}
	case c.Kind == roster.Phone:
		return r.in.habits.of[c.name].miscounted(d.employee, c, text)
	case c.Kind == roster.FamilyName && mayBeFamily(text) && !r.spelledElsewhere(d, text):
		return nothing(text)
	default:
		return nil
	}
}

// countedOn reports whether a name is another one with a number behind it.
func countedOn(name, text string) bool {
	head := strings.TrimRight(text, "0123456789")
	return len(head) < len(text) && person.Fold(head) == person.Fold(name)
}

// isOwnName reports whether a text is the first name of the person of a row, or the whole name.
func (r cellReader) isOwnName(d *draft, text string) bool {
	first, last := r.in.names(d)
	text, first, last = person.Fold(text), person.Fold(first), person.Fold(last)
	return first != "" && (text == first || text == first+" "+last || text == last+" "+first)
}

// spelledElsewhere reports whether the login or the address of a row has a name in it too, which
// programs write for nothing.
func (r cellReader) spelledElsewhere(d *draft, name string) bool {
	other := r.in.sheet.cell(d.row, Login) + r.in.sheet.cell(d.row, Mail)
	if e := d.employee; e != nil {
		other += e.Login + e.Mail
	}
	return other == "" || strings.Contains(strings.ToLower(other), strings.ToLower(name))
}

// readDate reads a date of somebody, who is nil for a new one.
func readDate(today roster.Date, e *roster.Employee, c *column, text string) (value, *problem) {
	day, err := parseDay(text)
	switch {
	case err != nil && c.Field == roster.ContractEnd && (errors.Is(err, errDateOutliers) || errors.Is(err, errDateNoDay)):
		return value{}, &problem{"bad_date", err.Error() + "; if it stands for no end, name it under open_end:"}
	case err != nil:
		return value{}, &problem{"bad_date", err.Error()}
	case c.Field == roster.BirthDate && day.After(today):
		return value{}, &problem{"birth_in_future", "is a date of birth that has not come yet: see that the year is right"}
	case e != nil && c.Date(e) == day:
		return value{date: day}, nil // what Lucca has already is none of our business
	}
	doubt, bad := implausible(today, c.Field, day)
	if bad != nil {
		return value{}, bad
	}
	return value{date: day, doubt: doubt}, nil
}

func oneOf(allowed []string, text, code string) (value, *problem) {
	for _, a := range allowed {
		if strings.EqualFold(a, text) {
			return value{text: a}, nil
		}
	}
	return value{}, &problem{code, "is none of " + strings.Join(allowed, ", ")}
}

func readLanguage(text string) (value, *problem) {
	var tags []string
	for _, l := range languages() {
		if strings.EqualFold(l.tag, text) {
			return value{text: l.tag, id: l.lcid}, nil
		}
		tags = append(tags, l.tag)
	}
	return value{}, &problem{"bad_culture", "is none of " + strings.Join(tags, ", ")}
}

// referenceProblem says why a text refers to nothing. A name of Lucca's own lists is no
// secret and may be suggested.
func referenceProblem(k roster.Kind, a answer) *problem {
	if k == roster.NamedID && a.match == unknown {
		// No page of Lucca lists them.
		return &problem{"unknown_name", "is nobody's in Lucca yet, so that it is not known there: write it as Lucca does, or give it to one person in Lucca first" + suggested(a)}
	}
	what, how := "establishment", "write its code"
	switch k {
	case roster.DepartmentID:
		what, how = "department", "write its code, or its path such as Direction / Service"
	case roster.RoleID, roster.RoleIDs:
		what, how = "role", "give them different names in Lucca"
	case roster.CategoryID:
		what, how = "category", "give them different names in Lucca"
	case roster.SectionID:
		what, how = "section", "write its code"
	case roster.NamedID:
		what, how = "name", "give them different names in Lucca"
	}
	if a.match == ambiguous {
		return &problem{"ambiguous_" + what, fmt.Sprintf("is the name of more than one %s in Lucca: %s", what, how)}
	}
	return &problem{"unknown_" + what, "is no " + what + " in Lucca" + suggested(a)}
}

func suggested(a answer) string {
	if a.suggestion == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", a.suggestion)
}

// readContractType looks a label up in the configuration, and in Lucca where it tells.
func (r cellReader) readContractType(e *roster.Employee, c *column, text string) (value, *problem) {
	preferred := 0
	if e != nil {
		preferred = c.ID(e)
	}
	switch id, found := r.in.people.ContractTypes().ID(text, preferred); found {
	case 0:
		return value{}, &problem{"unknown_contract_type", "is the label of no contract type: add it under lucca.contract_types, as 2: CDD"}
	case 1:
		return value{text: r.in.typeLabel(id), id: id}, nil
	default:
		return value{}, &problem{"ambiguous_contract_type", "is the label of more than one contract type: give them different ones under lucca.contract_types"}
	}
}

// readCountry takes a code of two letters of a country that there is.
func readCountry(text string) (value, *problem) {
	code := strings.ToUpper(text)
	region, err := language.ParseRegion(code)
	if err != nil || len(code) != len("FR") || !region.IsCountry() {
		return value{}, &problem{"bad_country", "is not a country in two letters such as FR"}
	}
	return value{text: code}, nil
}

// change is the value as a change of nothing.
func (v value) change() Change {
	c := Change{To: v.text}
	if !v.date.IsZero() {
		c.To = v.date.String()
	}
	if v.id != 0 {
		c.IDs = []int{v.id}
	}
	c.Wire = v.wire
	if len(v.wires) > 0 {
		c.Wire = fieldChange(&roster.Field{Multiple: true}, nil, v)
	}
	return c
}

// same reports whether an employee has the text already, without finding out what it
// means.
func (c *property) same(e *roster.Employee, text string) bool {
	switch c.Kind {
	case roster.Text, roster.GivenName, roster.Number, roster.Phone:
		return sameText(c.Text(e), text)
	case roster.FamilyName:
		return sameName(c.Text(e), text)
	case roster.LoginText, roster.MailAddress, roster.GenderWord, roster.LanguageTag, roster.Country:
		return strings.EqualFold(c.Text(e), text)
	case roster.Custom:
		current := c.Text(e)
		return strings.Contains(text, ", ") && sameSet(current, text) || sameText(current, text) || current != "" && extensionDay(current, text) == current
	default:
		return false
	}
}

// holds reports whether an employee has the value already.
func (c *column) holds(e *roster.Employee, v value) bool {
	switch {
	case c.Refers():
		return v.newcomer == nil && c.ID(e) == v.id
	case c.Kind == roster.Day:
		return c.Date(e) == v.date
	default:
		return false
	}
}

// blank reports whether an employee has no value.
func (c *column) blank(e *roster.Employee) bool {
	if c.Refers() {
		return c.ID(e) == 0
	}
	return c.Text(e) == ""
}

// managerOf is the id of the manager, 0 for none: oneself is none.
func managerOf(e *roster.Employee) int {
	if e.ManagerID == e.ID {
		return 0
	}
	return e.ManagerID
}

// readRoles reads secondary roles as one set. Blank is set when there is nothing in any of the
// texts; bad are those that mean nothing.
func (r cellReader) readRoles(texts []roleText) (ids []int, blank bool, bad []objection) {
	blank = true
	for _, t := range texts {
		if t.text == "" {
			continue
		}
		blank = false
		fault := damaged(roster.Property{Kind: roster.RoleIDs}, t.text)
		a := r.in.catalogs.roles.find(t.text)
		if fault == nil && a.match != matched {
			fault = referenceProblem(roster.RoleIDs, a)
		}
		if fault != nil {
			bad = append(bad, refusal(fault.code, t.code, fault.predicate))
			continue
		}
		ids = append(ids, a.id)
	}
	slices.Sort(ids)
	return slices.Compact(ids), blank, bad
}

// roleText is a secondary role as the file or a default has it.
type roleText struct{ code, text string }

// listed is how a person reads several things.
func (c *catalog) listed(ids []int) string {
	labels := make([]string, len(ids))
	for i, id := range ids {
		labels[i] = c.label(id)
	}
	return strings.Join(labels, ", ")
}
