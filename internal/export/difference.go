package export

import (
	"cmp"
	"hash/maphash"
	"iter"
	"slices"
	"strings"
)

// Difference says what is otherwise in the file of a run than in an earlier one of its flow.
type Difference struct {
	Flow string `json:"flow"`
	// Run is empty for a file that was made to be shown, and sent to nobody.
	Run string `json:"run,omitempty"`
	// Previous is the run of the earlier file.
	Previous string `json:"previous"`
	// Joined are in this file and were not in that one, Left were in that one: each with why they
	// are not in this one.
	Joined []Who `json:"joined,omitempty"`
	Left   []Who `json:"left,omitempty"`
	// JoinedCount and LeftCount count them all.
	JoinedCount int `json:"joined_count"`
	LeftCount   int `json:"left_count"`
	// Changed are in both, with other values; only the first of them are listed, in the order of
	// this file. ChangedCount counts them all, Same those without a change.
	Changed      []Changed `json:"changed,omitempty"`
	ChangedCount int       `json:"changed_count"`
	Same         int       `json:"same"`
	// ByColumn counts, by column, all people whose value is another one.
	ByColumn []ColumnDifference `json:"by_column,omitempty"`
	// Columns is set when the files do not have the same columns: then values are not compared.
	Columns bool `json:"columns_differ,omitempty"`
	// Purged is set when a file is not there any more, and values are not known: where the hashes
	// of both are kept, Changed says which columns are others, without values.
	Purged bool `json:"purged,omitempty"`
}

// Who is a person of a file.
type Who struct {
	ID    int    `json:"employee_id"`
	Login string `json:"login,omitempty"`
	Mail  string `json:"mail,omitempty"`
	// Decision says why somebody is not in the file; empty where Lucca did not list them.
	Decision Decision `json:"decision,omitempty"`
}

// Changed is a person whose row has other values.
type Changed struct {
	Who
	// Row is the one in the newer file.
	Row   int          `json:"row,omitempty"`
	Cells []CellChange `json:"cells"`
}

// CellChange is one value that is another one.
type CellChange struct {
	Column string `json:"column"`
	From   string `json:"from"`
	To     string `json:"to"`
}

// ColumnDifference counts the people whose value in a column is another one: Emptied is those of
// whom it is none, Given those who had none.
type ColumnDifference struct {
	Column  string `json:"column"`
	Header  string `json:"header"`
	Changed int    `json:"changed"`
	Emptied int    `json:"emptied,omitempty"`
	Given   int    `json:"given,omitempty"`
}

// mostChanged bounds how many changes are listed.
const mostChanged = 1000

// Short is the difference with so many people of each kind at most; the counts stay.
func (d Difference) Short(most int) Difference {
	d.Joined, d.Left, d.Changed = d.Joined[:min(most, len(d.Joined))], d.Left[:min(most, len(d.Left))], d.Changed[:min(most, len(d.Changed))]
	return d
}

// Kept is what is known of a file: what was remembered, its rows with the header, and its cells;
// those are nil where they are not kept.
type Kept struct {
	Snapshot Snapshot
	Rows     iter.Seq2[[]string, error]
	Cells    *Cells
}

// Diff finds what is otherwise in a file than in an earlier one.
func Diff(then, now Kept) (d Difference, err error) {
	d.people(then.Snapshot, now.Snapshot)
	d.JoinedCount, d.LeftCount = len(d.Joined), len(d.Left)
	d.Columns = !slices.EqualFunc(then.Snapshot.Columns, now.Snapshot.Columns, func(a, b SnapshotColumn) bool { return a.Key == b.Key && a.Header == b.Header })
	switch {
	case d.Columns:
	case then.Rows != nil && now.Rows != nil:
		err = d.values(then, now)
	default:
		if d.Purged = true; then.Cells != nil && now.Cells != nil {
			d.hashes(then.Cells, now)
		}
	}
	d.ByColumn = slices.DeleteFunc(d.ByColumn, func(c ColumnDifference) bool { return c.Changed == 0 })
	slices.SortStableFunc(d.ByColumn, func(a, b ColumnDifference) int { return cmp.Compare(b.Changed, a.Changed) })
	return d, err
}

// people finds who joined and who left.
func (d *Difference) people(then, now Snapshot) {
	in, decisions := rowsOf(then), make(map[int]Decision, len(now.People))
	for _, p := range now.People {
		decisions[p.ID] = p.Decision
		if _, was := in[p.ID]; p.Row > 0 && !was {
			d.Joined = append(d.Joined, Who{ID: p.ID, Login: p.Login, Mail: p.Mail})
		}
	}
	for _, p := range then.People {
		if p.Row > 0 && decisions[p.ID] != Sent {
			d.Left = append(d.Left, Who{ID: p.ID, Login: p.Login, Mail: p.Mail, Decision: decisions[p.ID]})
		}
	}
}

// rowsOf is where each person of a file is in it.
func rowsOf(s Snapshot) map[int]int {
	rows := make(map[int]int, len(s.People))
	for _, p := range s.People {
		if p.Row > 0 {
			rows[p.ID] = p.Row
		}
	}
	return rows
}

// values finds who is in both files with other values. The files are read row by row, the older
// one twice: of what is not listed only hashes are held in memory.
func (d *Difference) values(then, now Kept) error {
	seed, width := maphash.MakeSeed(), len(now.Snapshot.Columns)
	var hashes []uint64 // by row and column
	if err := each(then.Rows, func(_ int, cells []string) {
		for i := range width {
			hashes = append(hashes, sum(seed, cells, i))
		}
	}); err != nil {
		return err
	}
	d.columns(now.Snapshot)
	was, people := rowsOf(then.Snapshot), make(map[int]Person, len(now.Snapshot.People))
	for _, p := range now.Snapshot.People {
		if p.Row > 0 {
			people[p.Row] = p
		}
	}
	before := make(map[int]int) // by the row of the older file, the place in Changed
	err := each(now.Rows, func(n int, cells []string) {
		p, listed := people[n]
		row, both := was[p.ID]
		if !listed || !both || row*width > len(hashes) {
			return
		}
		same := true
		for i, old := range hashes[(row-1)*width : row*width] {
			same = d.cell(i, old, sum(seed, cells, i)) && same
		}
		if same {
			d.Same++
		} else if d.ChangedCount++; len(d.Changed) < mostChanged {
			before[row] = len(d.Changed)
			d.Changed = append(d.Changed, Changed{Who: Who{ID: p.ID, Login: p.Login, Mail: p.Mail}, Row: n, Cells: to(now.Snapshot, cells)})
		}
	})
	if err != nil {
		return err
	}
	return each(then.Rows, func(n int, cells []string) {
		if place, changed := before[n]; changed {
			from(&d.Changed[place], cells)
		}
	})
}

// columns begins the counts of each column.
func (d *Difference) columns(s Snapshot) {
	for _, c := range s.Columns {
		d.ByColumn = append(d.ByColumn, ColumnDifference{Column: c.Key, Header: c.Header})
	}
}

// cell counts a cell by the hashes of its values, 0 being that of none, and reports whether they
// are the same.
func (d *Difference) cell(column int, was, is uint64) bool {
	if was == is {
		return true
	}
	c := &d.ByColumn[column]
	c.Changed++
	switch {
	case is == 0:
		c.Emptied++
	case was == 0:
		c.Given++
	}
	return false
}

// hashes finds who is in both files with other values where only hashes are kept.
func (d *Difference) hashes(then *Cells, now Kept) {
	is := now.Cells
	if then.key != is.key || !slices.EqualFunc(then.columns, is.columns, func(a, b cellColumn) bool { return a.Key == b.Key }) {
		return
	}
	d.columns(now.Snapshot)
	rows, people := make(map[int]int, len(then.ids)), make(map[int]Person, len(now.Snapshot.People))
	for row, id := range then.ids {
		rows[id] = row
	}
	for _, p := range now.Snapshot.People {
		people[p.ID] = p
	}
	width := len(is.columns)
	for row, id := range is.ids {
		old, both := rows[id]
		if !both {
			continue
		}
		var others []CellChange
		for i := range width {
			if !d.cell(i, uint64(then.hashes[old*width+i]), uint64(is.hashes[row*width+i])) {
				others = append(others, CellChange{Column: is.columns[i].Key})
			}
		}
		if others == nil {
			d.Same++
		} else if d.ChangedCount++; len(d.Changed) < mostChanged {
			p := people[id]
			d.Changed = append(d.Changed, Changed{Who: Who{ID: id, Login: p.Login, Mail: p.Mail}, Row: p.Row, Cells: others})
		}
	}
}

// each reads the rows of a file, the header being the first.
func each(rows iter.Seq2[[]string, error], do func(n int, cells []string)) error {
	n := 0
	for cells, err := range rows {
		if err != nil {
			return err
		}
		n++
		do(n, cells)
	}
	return nil
}

// sum is a number for one cell of a row: 0 where it is empty.
func sum(seed maphash.Seed, cells []string, i int) uint64 {
	if i >= len(cells) || cells[i] == "" {
		return 0
	}
	return max(1, maphash.String(seed, cells[i]))
}

// to are the cells of a row as changes of which the former values are not known yet.
func to(s Snapshot, cells []string) []CellChange {
	changes := make([]CellChange, len(cells))
	for n := range cells {
		changes[n].To = strings.Clone(cells[n])
		if n < len(s.Columns) {
			changes[n].Column = s.Columns[n].Key
		}
	}
	return changes
}

// from fills in the former values, and leaves the cells that are others.
func from(c *Changed, cells []string) {
	for n := range c.Cells {
		if n < len(cells) {
			c.Cells[n].From = strings.Clone(cells[n])
		}
	}
	c.Cells = slices.DeleteFunc(c.Cells, func(cell CellChange) bool { return cell.From == cell.To })
}
