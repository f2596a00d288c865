package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
)

// Make decides what each row does. The roster must hold what Query asks for. Which rows
// come first in the file makes no difference.
func Make(t Table, people *roster.Roster, policy Policy) *Plan {
	p := newPlanner(&t, people, policy.withDefaults())
	p.checkFile()
	p.identify()
	p.refuseRepeats()
	for i := range p.drafts {
		p.build(&p.drafts[i])
		p.doubtEnd(&p.drafts[i])
		p.moves.observe(&p.drafts[i])
		p.drafts[i].pack()
	}
	p.newcomers = nil // read again where absence is judged
	p.refuseClashes()
	p.refuseTwins()
	p.refuseLoops()
	p.refuseOrphans()
	p.giveLogins()
	items := p.items()
	if p.policy.Mode == Full && !t.Partial {
		items = append(items, p.absent()...)
	}
	p.checkManagersStay(items)
	p.sortFindings()
	return &Plan{Doubts: p.doubts(items), Items: items, Findings: p.log.Listed, Rest: p.log.Rest(), Columns: p.identifierFirst()}
}

// planner is one call of Make.
type planner struct {
	table  *Table
	policy Policy
	people *roster.Roster
	day    roster.Date

	// at is the place of each code in Row.Cells.
	at map[string]int
	// columns are those of the table, secondary roles only once.
	columns []column
	// roles are the columns of secondary roles, and the places of their cells.
	roles []column

	directory *directory
	catalogs  catalogs
	defaults  scopedDefaults
	// hasDefault are the codes that have a default for anybody.
	hasDefault map[string]bool
	// incomplete are the columns that the file lacks to create anybody.
	incomplete []string
	newcomers  *newcomers
	// extra are the columns that only the defaults have; nil until somebody asks.
	extra []column

	habits habits
	moves  moves
	// shared are the keys of mailboxes that several people have.
	shared map[string]bool

	drafts []draft
	log    finding.Log
	// doubtful is set when the file as a whole has a fault.
	doubtful bool
	// mentioned are the ids of employees whom rejected rows may be about.
	mentioned map[int]bool
}

// column is what a column sets, and where its cells are.
type column struct {
	property
	// name is the code of this very column: habilitedRoles_1.
	name string
	cell int
}

// draft is a row on its way to an item.
type draft struct {
	row *Row
	// index is the place in planner.drafts.
	index int
	// employee is whom the row is about; nil for somebody new, or when it is undecided.
	employee *roster.Employee
	// undecided is a row of which it is not known, or not certain, whom it is about.
	undecided bool
	rejected  bool
	// key is the identifier of the row, empty when it has none.
	key string
	// establishment and department are ids, with their texts; from the defaults too.
	establishment, department         int
	establishmentText, departmentText string

	action Action
	// set is what the row sets while it is built, packed the same once it is.
	set      map[string]Change
	packed   Set
	contract *ContractChange
	// base is a login to generate.
	base string
	// manager is 1 and the index of the draft that creates the manager.
	manager int
	// resembles is an employee who may be the one whom the row creates, as much as likeness says.
	resembles *roster.Employee
	likeness  person.Likeness
	// ambiguous: its name means nobody for certain.
	ambiguous bool
	// shifted: what the row says of its employee is somebody else's.
	shifted bool
}

func (d *draft) put(code string, c Change) {
	if d.set == nil {
		d.set = make(map[string]Change, 4)
	}
	d.set[code] = c
}

// pack ends the building of a row. What a rejected row would set is nobody's business.
func (d *draft) pack() {
	if !d.rejected {
		d.packed = SetOf(d.set)
	}
	d.set = nil
}

// sent is the change of a property of a row that was built.
func (d *draft) sent(code string) Change { return d.packed.Get(code) }

// amend changes a property of a row that was built.
func (d *draft) amend(code string, c Change) {
	changes := d.packed.Map()
	if changes == nil {
		changes = make(map[string]Change, 1)
	}
	changes[code] = c
	d.packed = SetOf(changes)
}

func newPlanner(t *Table, people *roster.Roster, policy Policy) *planner {
	p := &planner{
		table: t, policy: policy, people: people, day: people.Day(),
		at: make(map[string]int, len(t.Columns)), directory: newDirectory(people), catalogs: newCatalogs(people, append(codesOf(t.Columns), slices.Collect(maps.Keys(policy.Defaults.codes()))...)),
		hasDefault: policy.Defaults.codes(), drafts: make([]draft, len(t.Rows)), mentioned: make(map[int]bool),
	}
	p.habits = habits{usual: make(map[string]bool), width: -1}
	p.shared = make(map[string]bool, len(policy.MailShared))
	for _, mail := range policy.MailShared {
		p.shared[mailKey(mail)] = true
	}
	for i, c := range t.Columns {
		prop, ok := propertyOf(c.Code)
		p.at[c.Code] = i
		bound := column{property: prop, name: c.Code, cell: i}
		switch {
		case !ok:
		case prop.Kind == roster.RoleIDs:
			p.roles = append(p.roles, bound)
		default:
			p.columns = append(p.columns, bound)
		}
	}
	for _, code := range []string{FirstName, LastName, Mail, ContractStart} {
		if _, ok := p.at[code]; !ok {
			p.incomplete = append(p.incomplete, code)
		}
	}
	p.log.Add(t.Findings...)
	p.log.AddRest(t.Rest...)
	rejected := append(p.log.Rejected, t.Rejected...).Sorted()
	p.log.Rejected = nil // from here on, the drafts tell
	p.doubtful = rejected.Has(0)
	for i := range t.Rows {
		p.drafts[i] = draft{row: &t.Rows[i], index: i, rejected: rejected.Has(t.Rows[i].Number)}
	}
	p.scopeDefaults()
	return p
}

// scopeDefaults finds out whom the defaults are for.
func (p *planner) scopeDefaults() {
	p.defaults.rules = []scopedRule{{values: p.policy.Defaults.Values}}
	for code := range p.hasDefault {
		if strings.HasPrefix(code, rolePrefix) {
			p.defaults.secondary = append(p.defaults.secondary, code)
		}
	}
	slices.Sort(p.defaults.secondary)
	if len(p.incomplete) > 0 {
		return
	}
	for i, rule := range p.policy.Defaults.By {
		scoped := scopedRule{values: rule.Set}
		known := true
		for _, part := range []struct {
			text string
			in   *catalog
			id   *int
		}{{rule.When.Establishment, p.catalogs.establishments, &scoped.establishment}, {rule.When.Department, p.catalogs.departments, &scoped.department}} {
			if part.text == "" {
				continue
			}
			found := part.in.find(part.text)
			known = known && found.match == matched
			*part.id = found.id
		}
		if !known {
			p.note(finding.Warning, "unknown_default_scope", "", fmt.Sprintf("defaults.by[%d].when is not in Lucca, or means several: its values are not used", i))
			continue
		}
		p.defaults.rules = append(p.defaults.rules, scoped)
	}
}

// checkFile refuses the whole file when it, or what was read from Lucca, cannot tell who is
// who.
func (p *planner) checkFile() {
	for _, code := range p.policy.Identifier.Columns() {
		if _, ok := p.at[code]; !ok {
			p.doubtful = true
			p.note(finding.Error, "missing_column", code, code+" identifies the employees, and the file has no such column")
		}
	}
	p.checkRights()
	p.checkFields()
	for i, login := range p.policy.Protect {
		if len(p.directory.byLogin[loginKey(login)]) == 0 {
			p.note(finding.Warning, "unknown_protected", "", fmt.Sprintf("protect[%d] is nobody's login in Lucca and protects nobody", i))
		}
	}
	if !p.doubtful {
		return
	}
	for i := range p.drafts {
		p.drafts[i].rejected = true
	}
}

// checkRights refuses to work on a roster whose logins, mails or numbers are hidden: those
// who have them would look new.
func (p *planner) checkRights() {
	var identity, hidden roster.Fields
	for _, code := range []string{Login, Mail, EmployeeNumber} {
		if _, ok := p.at[code]; ok {
			prop, _ := propertyOf(code)
			identity |= prop.Field
		}
	}
	if identity&roster.EmployeeNumber != 0 {
		identity |= roster.EstablishmentRef
	}
	identity |= roster.Login | roster.ContractStart | roster.ContractEnd
	for _, e := range p.people.Employees() {
		hidden |= e.Hidden & identity
	}
	if hidden == 0 {
		return
	}
	p.doubtful = true
	p.note(finding.Error, "hidden_field", "", fmt.Sprintf("the role of the API key may not see %s of some employees, so that nobody can be recognised with certainty: give it that right in Lucca", strings.Join(hidden.Names(), ", ")))
}

// note says something about the file as a whole.
func (p *planner) note(s finding.Severity, code, column, message string) {
	p.log.Add(finding.Finding{Severity: s, Code: code, Column: column, Message: message})
}

// refuse rejects a row for what is in a column, which may be one that the file lacks. The
// predicate goes on after the code of the column, as "is blank".
func (p *planner) refuse(d *draft, code, column, predicate string) {
	d.rejected, d.packed = true, Set{}
	p.say(d, finding.Error, code, column, predicate)
}

func (p *planner) warn(d *draft, code, column, predicate string) {
	p.say(d, finding.Warning, code, column, predicate)
}

func (p *planner) say(d *draft, s finding.Severity, code, column, predicate string) {
	f := finding.Finding{Severity: s, Code: code, Row: d.row.Number, Column: column, Message: p.named(column) + " " + predicate}
	i, ok := p.at[column]
	if !ok || p.table.Columns[i].Index < 0 {
		i, ok = p.at[p.identifier()]
	}
	if ok && p.table.Columns[i].Index >= 0 {
		f = f.At(d.row.Number, p.table.Columns[i].Index)
	}
	p.log.Add(f)
}

// named is the code of a column, with the file's own word for it where that is another.
func (p *planner) named(column string) string {
	i, ok := p.at[column]
	if !ok || p.table.Columns[i].Header == "" || strings.EqualFold(p.table.Columns[i].Header, column) {
		return column
	}
	return fmt.Sprintf("%s (%q)", column, p.table.Columns[i].Header)
}

// identifier is the column that tells the rows apart, the last one of a pair.
func (p *planner) identifier() string {
	columns := p.policy.Identifier.Columns()
	return columns[len(columns)-1]
}

// identifierFirst are the columns of the file as Plan has them.
func (p *planner) identifierFirst() []Column {
	columns := slices.Clone(p.table.Columns)
	if i, ok := p.at[p.identifier()]; ok {
		columns = slices.Insert(slices.Delete(columns, i, i+1), 0, p.table.Columns[i])
	}
	return columns
}

// cell returns the text of a row in a column, which is empty when the file lacks it.
func (p *planner) cell(d *draft, code string) string {
	if i, ok := p.at[code]; ok {
		return d.row.Cells[i]
	}
	return ""
}

// items are the rows in their order.
func (p *planner) items() []Item {
	items := make([]Item, len(p.drafts))
	for i := range p.drafts {
		d := &p.drafts[i]
		item := Item{Row: d.row.Number, Action: d.action, Contract: d.contract, Set: d.packed}
		if e := d.employee; e != nil {
			item.EmployeeID, item.Login = e.ID, e.Login
		}
		if d.rejected {
			item.Action, item.Set, item.Contract = Reject, Set{}, nil
		}
		if login, ok := item.Set.Find(Login); ok {
			item.Login = login.To
		}
		if d.employee != nil && !item.Set.IsZero() {
			item.Basis = Fingerprint(d.employee)
		}
		items[i] = item
	}
	slices.SortStableFunc(items, func(a, b Item) int { return cmp.Compare(a.Row, b.Row) })
	return items
}

// sortFindings puts what is about the file first, then the rows in their order.
func (p *planner) sortFindings() {
	place := func(f finding.Finding) int {
		if i, ok := p.at[f.Column]; ok {
			return p.table.Columns[i].Index
		}
		return len(p.table.Columns)
	}
	slices.SortStableFunc(p.log.Listed, func(a, b finding.Finding) int {
		return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(place(a), place(b)), strings.Compare(a.Code, b.Code))
	})
}
