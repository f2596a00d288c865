package plan

import (
	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
)

// change is what the second stage makes of a row: what it would do.
type change struct {
	draft    *draft
	action   Action
	rejected bool
	// set is what the row sets; that of a rejected row is nobody's business, and empty.
	set      Set
	contract *ContractChange
	// login is what to make a login of, for somebody new who has none.
	login string
	// manager is the row that creates the manager; nil for none, or one in Lucca.
	manager *draft
	// likeness is how much speaks for the one whom the row creates being somebody else.
	likeness person.Likeness
	marks
}

// marks are what a row gives reason to doubt of the whole file.
type marks struct {
	// shifted: what the row says of its employee is somebody else's.
	shifted bool
	// cut: the file may end inside its last cell.
	cut    bool
	doubts [doubtKinds]bool
}

// employee is whom the row is about; nil for somebody new, or when it is undecided.
func (c *change) employee() *roster.Employee { return c.draft.employee }

// creates reports whether a row creates somebody.
func (c *change) creates() bool { return c.draft.employee == nil && !c.rejected }

// reject ends a row.
func (c *change) reject() { c.rejected, c.set = true, Set{} }

// given is the new value of a property, empty for a row that is rejected or sets none.
func (c *change) given(code string) string { return c.set.Get(code).To }

// amend sets a property beside others.
func (c *change) amend(code string, to Change) {
	changes := c.set.Map()
	changes[code] = to
	c.set = SetOf(changes)
}

// merge compares each row with its employee, or makes it into a new one. A row that is rejected
// already is still looked through, so that its faults are all reported at once. Beside the
// changes, in the order of the rows, it returns who takes whose value over.
func merge(in *input, r *report, drafts []draft) ([]change, moves) {
	cells := cellReader{in, newCrowd(in, drafts, mentionsIn(in, drafts))}
	changes := make([]change, len(drafts))
	moved := make(moves)
	set := make(map[string]Change, len(in.sheet.columns)) // one for all rows: each packs its own
	for i := range drafts {
		row := edit{in: in, cells: cells, change: change{draft: &drafts[i], rejected: drafts[i].rejected, likeness: drafts[i].likeness}, set: set}
		switch {
		case row.draft.undecided:
		case row.draft.employee == nil:
			create(&row)
		default:
			compare(&row)
			moved.observe(row.draft, row.set)
		}
		changes[i] = row.packed()
		r.say(row.draft.row, row.said...)
		clear(set)
	}
	return changes, moved
}

// edit is a change while it is made, with what it sets and what there is to say.
type edit struct {
	in    *input
	cells cellReader
	change
	set  map[string]Change
	said []objection
}

func (row *edit) put(code string, c Change) {
	row.set[code] = c
}

// refuse rejects the row for what is in a column; see objection.
func (row *edit) refuse(code, column, predicate string) {
	row.rejected = true
	row.said = append(row.said, refusal(code, column, predicate))
}

func (row *edit) warn(code, column, predicate string) {
	row.said = append(row.said, warning(code, column, predicate))
}

func (row *edit) cell(code string) string { return row.in.sheet.cell(row.draft.row, code) }

// doubt warns of what is reason to hold the whole file.
func (row *edit) doubt(why doubt, code, column, predicate string) {
	row.doubts[why] = true
	row.warn(code, column, predicate)
}

// shift warns that a row may be about somebody else than its identifier says.
func (row *edit) shift(code, column, predicate string) {
	row.shifted = true
	row.warn(code, column, predicate)
}

// value reads the text of a column, and passes on what a person should look at.
func (row *edit) value(c *column, text string) (value, *problem) {
	v, bad := row.cells.read(row.draft, c, text)
	if v.doubt != nil {
		row.warn(v.doubt.code, c.name, v.doubt.predicate)
	}
	return v, bad
}

// roles reads the secondary roles of some texts.
func (row *edit) roles(texts []roleText) (ids []int, blank bool) {
	ids, blank, bad := row.cells.readRoles(texts)
	for _, o := range bad {
		row.refuse(o.code, o.column, o.predicate)
	}
	return ids, blank
}

// roleTexts are the cells with secondary roles.
func (row *edit) roleTexts() []roleText {
	columns := row.in.sheet.roles
	texts := make([]roleText, len(columns))
	for i := range columns {
		texts[i] = roleText{columns[i].name, row.draft.row.Cells[columns[i].cell]}
	}
	return texts
}

// warnLeft is about a manager whom the row gives, not about one who was there already.
func (row *edit) warnLeft(v value) {
	if v.left {
		row.warn("manager_left", Manager, "means somebody who has left")
	}
}

func (row *edit) packed() change {
	if !row.rejected {
		row.change.set = SetOf(row.set)
	}
	return row.change
}
