package plan

import (
	"hash/maphash"
	"slices"
	"strings"

	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
)

// candidate is somebody in Lucca or somebody whom a row creates: one of the two is nil.
type candidate struct {
	employee *roster.Employee
	newcomer *draft
}

// crowd finds everybody who may be somebody's manager, by what a cell can call them: employees
// and the rows that create somebody, rejected ones too, since whoever has such a manager must
// not be left without.
type crowd struct {
	directory                         *directory
	day                               roster.Date
	byLogin, byMail, byNumber, byName few[string]
	// near are those with a number in an establishment.
	near few[placed]
}

// few are drafts by a key. Of those who are called alike two are enough to know that a text
// is ambiguous; a file may have one name all over.
type few[K comparable] map[K][2]*draft

func (f few[K]) add(key K, d *draft) {
	two := f[key]
	if i := slices.Index(two[:], nil); i >= 0 {
		two[i] = d
		f[key] = two
	}
}

// of are the drafts of a key, two at most.
func (f few[K]) of(key K) []*draft {
	two := f[key]
	return slices.DeleteFunc(two[:], func(d *draft) bool { return d == nil })
}

// placed is a number in an establishment.
type placed struct {
	establishment int
	number        string
}

// newCrowd indexes the rows about nobody in Lucca by what is mentioned of them: of 200,000 rows
// mostly few are anybody's manager.
func newCrowd(in *input, drafts []draft, mentioned mentions) *crowd {
	c := &crowd{
		directory: in.directory, day: in.day,
		byLogin: few[string]{}, byMail: few[string]{}, byNumber: few[string]{}, byName: few[string]{}, near: few[placed]{},
	}
	if len(mentioned.keys) == 0 {
		return c
	}
	for i := range drafts {
		if d := &drafts[i]; d.employee == nil {
			c.add(in.sheet, d, mentioned)
		}
	}
	return c
}

func (c *crowd) add(s *sheet, d *draft, mentioned mentions) {
	if key := loginKey(s.cell(d.row, Login)); mentioned.has(key) {
		c.byLogin.add(key, d)
	}
	if key := mailKey(s.cell(d.row, Mail)); mentioned.has(key) {
		c.byMail.add(key, d)
	}
	if number := numberKey(s.cell(d.row, EmployeeNumber)); mentioned.has(number) {
		c.byNumber.add(number, d)
		c.near.add(placed{d.site.establishment, number}, d)
	}
	for _, name := range person.WholeKeys(s.cell(d.row, FirstName), s.cell(d.row, LastName)) {
		if mentioned.has(name) {
			c.byName.add(name, d)
		}
	}
}

// mentions are the hashes of the keys of all texts that name managers. Two keys of one hash do
// no harm: somebody whom nothing mentions is indexed too.
type mentions struct {
	seed  maphash.Seed
	texts map[uint64]struct{}
	keys  map[uint64]struct{}
}

// mentionsIn gathers what a file and the defaults name managers by.
func mentionsIn(in *input, drafts []draft) mentions {
	m := newMentions()
	if !in.sheet.has(Manager) && !in.defaults.has[Manager] {
		return m
	}
	for i := range drafts {
		d := &drafts[i]
		text := in.sheet.cell(d.row, Manager)
		if text == "" {
			text = in.defaults.value(Manager, d.site.establishment, d.site.department)
		}
		m.add(text)
	}
	return m
}

func newMentions() mentions {
	return mentions{seed: maphash.MakeSeed(), texts: make(map[uint64]struct{}), keys: make(map[uint64]struct{})}
}

func (m mentions) add(text string) {
	if text == "" {
		return
	}
	hash := maphash.String(m.seed, text)
	if _, known := m.texts[hash]; known {
		return
	}
	m.texts[hash] = struct{}{}
	for _, key := range append(person.TextKeys(text), loginKey(text), mailKey(text), numberKey(text)) {
		m.keys[maphash.String(m.seed, key)] = struct{}{}
	}
}

func (m mentions) has(key string) bool {
	if key == "" {
		return false
	}
	_, ok := m.keys[maphash.String(m.seed, key)]
	return ok
}

// find returns whom a text means, by login, e-mail, employee number or name, in this order. A
// text that is one person's login and another one's number means both. A number counts in the
// establishment first.
func (c *crowd) find(text string, establishment int) []candidate {
	key := loginKey(text)
	if found := c.present(candidates(c.directory.byLogin[key], c.byLogin.of(key))); len(found) > 0 {
		for _, other := range c.numbered(text, establishment) {
			if !slices.Contains(found, other) {
				found = append(found, other)
			}
		}
		return found
	}
	if strings.Contains(text, "@") {
		if found := c.present(candidates(c.directory.byMail[mailKey(text)], c.byMail.of(mailKey(text)))); len(found) > 0 {
			return found
		}
	}
	if found := c.numbered(text, establishment); len(found) > 0 {
		return found
	}
	return c.present(candidates(c.directory.called(text), c.called(text)))
}

// called returns the rows with the name that is written in one text.
func (c *crowd) called(text string) []*draft {
	for _, key := range person.TextKeys(text) {
		if found := c.byName.of(key); len(found) > 0 {
			return found
		}
	}
	return nil
}

// numbered prefers the establishment, since a number counts only there.
func (c *crowd) numbered(number string, establishment int) []candidate {
	var all, near []*roster.Employee
	for _, e := range c.directory.byNumber[bareNumber(number)] {
		if numberKey(e.EmployeeNumber) != numberKey(number) {
			continue
		}
		all = append(all, e)
		if e.EstablishmentID == establishment {
			near = append(near, e)
		}
	}
	if found := candidates(near, c.near.of(placed{establishment, numberKey(number)})); len(found) > 0 {
		return c.present(found)
	}
	return c.present(candidates(all, c.byNumber.of(numberKey(number))))
}

func candidates(employees []*roster.Employee, newcomers []*draft) []candidate {
	all := make([]candidate, 0, len(employees)+len(newcomers))
	for _, e := range employees {
		all = append(all, candidate{employee: e})
	}
	for _, d := range newcomers {
		all = append(all, candidate{newcomer: d})
	}
	return all
}

// present leaves out former employees where there is somebody else.
func (c *crowd) present(all []candidate) []candidate {
	if len(all) < 2 {
		return all
	}
	var here []candidate
	for _, m := range all {
		if m.newcomer != nil || m.employee.StatusOn(c.day) != roster.Former {
			here = append(here, m)
		}
	}
	if len(here) == 0 {
		return all
	}
	return here
}

// readManager finds the one person whom a cell means.
func (r cellReader) readManager(d *draft, text string) (value, *problem) {
	establishment := d.site.establishment
	if d.employee != nil && r.in.sheet.cell(d.row, Establishment) == "" {
		establishment = d.employee.EstablishmentID
	}
	found := r.crowd.find(text, establishment)
	switch len(found) {
	case 0:
		return value{}, &problem{"unknown_manager", "is neither in Lucca nor created by this file: write a login, an e-mail, a number or a name that Lucca has"}
	case 1:
		return r.managerValue(d, found[0]), nil
	default:
		return value{}, &problem{"ambiguous_manager", "means more than one person: write the login"}
	}
}

func (r cellReader) managerValue(d *draft, m candidate) value {
	switch {
	case m.newcomer != nil && m.newcomer == d, m.employee != nil && m.employee == d.employee:
		return value{} // oneself is none
	case m.newcomer != nil:
		return value{newcomer: m.newcomer}
	}
	return value{id: m.employee.ID, text: r.in.managerLabel(m.employee.ID), left: m.employee.StatusOn(r.in.day) == roster.Former}
}
