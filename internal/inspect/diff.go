package inspect

import (
	"context"
	"errors"
	"hash/maphash"
	"iter"
	"slices"
	"strings"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// Difference says what is otherwise in the file of a run than in an earlier one of its flow.
type Difference struct {
	Flow string `json:"flow"`
	Run  string `json:"run"`
	// Previous is the run of the earlier file.
	Previous string `json:"previous"`
	// Joined are in this file and were not in that one, Left were in that one: each with why they
	// are not in this one.
	Joined []Who `json:"joined,omitempty"`
	Left   []Who `json:"left,omitempty"`
	// Changed are in both, with other values; only the first of them are listed, in the order of
	// this file. ChangedCount counts them all, Same those without a change.
	Changed      []Changed `json:"changed,omitempty"`
	ChangedCount int       `json:"changed_count"`
	Same         int       `json:"same"`
	// Columns is set when the files do not have the same columns: then values are not compared.
	Columns bool `json:"columns_differ,omitempty"`
	// Purged is set when a file is not there any more, and values cannot be compared.
	Purged bool `json:"purged,omitempty"`
}

// Who is a person of a file.
type Who struct {
	ID    int    `json:"employee_id"`
	Login string `json:"login,omitempty"`
	Mail  string `json:"mail,omitempty"`
	// Decision says why somebody is not in the file; empty where Lucca did not list them.
	Decision export.Decision `json:"decision,omitempty"`
}

// Changed is a person whose row has other values.
type Changed struct {
	Who
	// Row is the one in the newer file.
	Row   int          `json:"row"`
	Cells []CellChange `json:"cells"`
}

// CellChange is one value that is another one.
type CellChange struct {
	Column string `json:"column"`
	From   string `json:"from"`
	To     string `json:"to"`
}

// mostChanged bounds how many changes are listed.
const mostChanged = 1000

// Files are two files of an export, by their runs: ids, or unique beginnings or ends of ids.
type Files struct {
	Flow string
	// Run is that of the newer file; empty for the last that was made.
	Run string
	// Previous is that of the older one; empty for the last before it that was sent.
	Previous string
}

// Diff compares two files of an export. The error wraps run.ErrUsage where there is nothing to
// compare.
func (i Inspector) Diff(ctx context.Context, f Files) (Difference, error) {
	if f.Run == "" {
		last, err := lastFile(ctx, i, f.Flow)
		if err != nil {
			return Difference{}, err
		}
		f.Run = last
	}
	r, now, err := sentFile(ctx, i, f.Flow, f.Run)
	if err != nil {
		return Difference{}, err
	}
	if f.Previous == "" {
		if f.Previous, err = sentBefore(ctx, i, r); err != nil {
			return Difference{}, err
		}
	}
	old, then, err := sentFile(ctx, i, f.Flow, f.Previous)
	if err != nil {
		return Difference{}, err
	}
	d := Difference{Flow: r.Flow, Run: r.ID, Previous: old.ID}
	d.people(then, now)
	if d.Columns = !slices.EqualFunc(then.Columns, now.Columns, sameColumn); d.Columns {
		return d, nil
	}
	return d, d.values(pair{then, i.Rows(old, then.Dialect)}, pair{now, i.Rows(r, now.Dialect)})
}

// lastFile is the last run of a flow that made a file.
func lastFile(ctx context.Context, i Inspector, flow string) (string, error) {
	if f, err := i.Config.Flow(flow); err != nil {
		return "", err
	} else if f.Export == nil {
		return "", fault.Of(run.ErrUsage, "%s makes no files: what an import changes, its plan says", flow)
	}
	none := fault.Of(run.ErrUsage, "%s has made no file yet", flow)
	if i.Store == nil {
		return "", none
	}
	id, err := i.Store.LastSnapshotRun(ctx, flow)
	if errors.Is(err, state.ErrNotFound) {
		return "", none
	}
	return id, err
}

func sameColumn(a, b export.SnapshotColumn) bool { return a.Key == b.Key && a.Header == b.Header }

// sentFile is a run of a flow with what was remembered of its file.
func sentFile(ctx context.Context, i Inspector, flow, id string) (state.Record, export.Snapshot, error) {
	r, err := i.Run(ctx, id)
	if err != nil {
		return r, export.Snapshot{}, err
	}
	if r.Flow != flow {
		return r, export.Snapshot{}, fault.Of(run.ErrUsage, "run %s is of %s, not of %s", r.ID, r.Flow, flow)
	}
	kept, err := i.Store.Snapshot(ctx, r.ID)
	if errors.Is(err, state.ErrNotFound) || err == nil && r.File == nil {
		return r, export.Snapshot{}, fault.Of(run.ErrUsage, "nothing is kept of a file of run %s: it made none, or retention.files took it", r.ID)
	}
	if err != nil {
		return r, export.Snapshot{}, err
	}
	s, err := export.DecodeSnapshot(kept)
	return r, s, err
}

// sentBefore is the last run of the flow before this one whose file was sent.
func sentBefore(ctx context.Context, i Inspector, r state.Record) (string, error) {
	runs, err := i.Store.Runs(ctx, state.Filter{Flow: r.Flow})
	if err != nil {
		return "", err
	}
	for _, before := range runs {
		if before.Sequence < r.Sequence && (before.Outcome == run.Done || before.Outcome == run.Rejections) {
			return before.ID, nil
		}
	}
	return "", fault.Of(run.ErrUsage, "no file of %s was sent before run %s", r.Flow, r.ID)
}

// people finds who joined and who left.
func (d *Difference) people(then, now export.Snapshot) {
	in, decisions := rowsOf(then), make(map[int]export.Decision, len(now.People))
	for _, p := range now.People {
		decisions[p.ID] = p.Decision
		if _, was := in[p.ID]; p.Row > 0 && !was {
			d.Joined = append(d.Joined, Who{ID: p.ID, Login: p.Login, Mail: p.Mail})
		}
	}
	for _, p := range then.People {
		if p.Row > 0 && decisions[p.ID] != export.Sent {
			d.Left = append(d.Left, Who{ID: p.ID, Login: p.Login, Mail: p.Mail, Decision: decisions[p.ID]})
		}
	}
}

// rowsOf is where each person of a file is in it.
func rowsOf(s export.Snapshot) map[int]int {
	rows := make(map[int]int, len(s.People))
	for _, p := range s.People {
		if p.Row > 0 {
			rows[p.ID] = p.Row
		}
	}
	return rows
}

// pair is what was remembered of a file, and its rows; nil where it was purged.
type pair struct {
	snapshot export.Snapshot
	rows     iter.Seq2[[]string, error]
}

// values finds who is in both files with other values. The files are read row by row, the older
// one twice: neither is held in memory.
func (d *Difference) values(then, now pair) error {
	if d.Purged = then.rows == nil || now.rows == nil; d.Purged {
		return nil
	}
	seed := maphash.MakeSeed()
	sums := make(map[int]uint64)
	if err := each(then.rows, func(n int, cells []string) { sums[n] = sum(seed, cells) }); err != nil {
		return err
	}
	was, people := rowsOf(then.snapshot), make(map[int]export.Person, len(now.snapshot.People))
	for _, p := range now.snapshot.People {
		if p.Row > 0 {
			people[p.Row] = p
		}
	}
	before := make(map[int]int) // by the row of the older file, the place in Changed
	err := each(now.rows, func(n int, cells []string) {
		p, listed := people[n]
		row, both := was[p.ID]
		switch {
		case !listed || !both:
		case sums[row] == sum(seed, cells):
			d.Same++
		default:
			d.ChangedCount++
			if len(d.Changed) < mostChanged {
				before[row] = len(d.Changed)
				d.Changed = append(d.Changed, Changed{Who: Who{ID: p.ID, Login: p.Login, Mail: p.Mail}, Row: n, Cells: to(now.snapshot, cells)})
			}
		}
	})
	if err != nil {
		return err
	}
	return each(then.rows, func(n int, cells []string) {
		if place, changed := before[n]; changed {
			from(&d.Changed[place], cells)
		}
	})
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

// sum is one number for the cells of a row.
func sum(seed maphash.Seed, cells []string) uint64 {
	return maphash.String(seed, strings.Join(cells, "\x00"))
}

// to are the cells of a row as changes of which the former values are not known yet.
func to(s export.Snapshot, cells []string) []CellChange {
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
