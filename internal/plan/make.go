package plan

import (
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/roster"
)

// Make decides what each row does. The roster must hold what Query asks for. Which rows
// come first in the file makes no difference, but for the doubt that a column was filled down.
//
// It goes in stages, each of which reads what the ones before it made: resolve finds out whom
// each row is about, merge what it changes of them, check what does not go together, and order
// makes the items of it.
func Make(t Table, people *roster.Roster, policy Policy) *Plan {
	in := newInput(&t, people, policy)
	r := &report{sheet: in.sheet}
	rejected, doubtful := read(in, r)

	drafts := resolve(in, r, rejected.Has, doubtful)
	changes, moved := merge(in, r, drafts)
	moved.mark(in, r, changes)
	check(in, r, changes)
	crossed(in, r, changes)
	doubtIdentities(in, r, changes)
	items := order(in, changes)

	var gone []Item
	if in.policy.Mode == Full && !t.Partial && !doubtful {
		gone = absent(in, r, changes)
	}
	items = append(items, gone...)
	warnLeaving(in, r, changes, items)
	return &Plan{
		Doubts: doubtsOf(in, r, changes, gone), Items: items, Findings: r.sorted(), Rest: r.log.Rest(), Columns: in.sheet.keyFirst(),
	}
}

// read takes over what the reader of the file said, and adds what is wrong with the whole of
// it. It returns the rows that are rejected already, and whether all are.
func read(in *input, r *report) (rejected finding.Rows, doubtful bool) {
	t := in.sheet.table
	r.log.Add(t.Findings...)
	r.log.AddRest(t.Rest...)
	rejected = append(r.log.Rejected, t.Rejected...).Sorted()
	r.log.Rejected = nil // from here on, the drafts tell
	faults := in.faults()
	r.log.Add(faults...)
	return rejected, rejected.Has(0) || finding.Count(faults, finding.Error) > 0
}
