package plan

import (
	"fmt"
	"hash/maphash"

	"lucca-exchange/internal/person"
)

// twins refuses the rows that create two people who are one, and doubts homonyms.
func twins(in *input, changes []change) []verdict {
	shared := sharedNames(in, changes)
	x := person.NewIndex(func(i int) person.Person { return in.rowLooks(changes[i].draft.row) })
	for _, i := range shared {
		x.Add(i)
	}
	var homonyms, same []verdict
	for _, i := range shared {
		likeness, who := x.Like(in.rowLooks(changes[i].draft.row), i)
		if likeness < person.Homonym {
			continue
		}
		other := changes[who[0]].draft.row.Number
		if likeness == person.Homonym {
			homonyms = append(homonyms, verdict{at: i, likeness: person.Homonym, objection: warning("same_name", LastName, fmt.Sprintf("is, with the first name, that of row %d too: see that they are two people before you approve", other))})
			continue
		}
		same = append(same, verdict{at: i, objection: refusal("same_person", LastName, fmt.Sprintf("is, with the first name and the date of birth or first day, that of row %d too: keep one of the two or, if they are two people, write their dates of birth or employee numbers", other))})
	}
	return append(homonyms, same...)
}

// sharedNames are the places of the rows that create people, of whom others have part of the
// name.
func sharedNames(in *input, changes []change) []int {
	seed := maphash.MakeSeed()
	count := make(map[uint64]uint8)
	each := func(c *change, do func(hash uint64)) {
		for _, pair := range in.rowLooks(c.draft.row).Name.Pairs() {
			do(maphash.String(seed, pair))
		}
	}
	for i := range changes {
		if c := &changes[i]; c.creates() {
			each(c, func(hash uint64) { count[hash] = min(2, count[hash]+1) })
		}
	}
	var shared []int
	for i := range changes {
		c, found := &changes[i], false
		if c.creates() {
			// Two names of one hash are looked at once more than needed.
			each(c, func(hash uint64) { found = found || count[hash] > 1 })
		}
		if found {
			shared = append(shared, i)
		}
	}
	return shared
}
