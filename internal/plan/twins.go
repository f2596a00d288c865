package plan

import (
	"fmt"
	"hash/maphash"
	"slices"

	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
)

// twins refuses the rows that create two people who are one, and doubts homonyms and those who
// may be one.
func twins(in *input, changes []change) []verdict {
	looks := func(i int) person.Person { return in.rowLooks(changes[i].draft.row) }
	shared := newcomers(in, changes)
	x := person.NewIndex(looks)
	for _, i := range shared {
		x.Add(i)
	}
	var alike, same []verdict
	for _, i := range shared {
		likeness, who := x.Like(looks(i), i)
		if likeness == person.Possible {
			likeness, who = withoutStart(x, looks(i), i)
		}
		if likeness == person.Other || likeness == person.Possible && in.policy.NewOnly { // each hire was judged
			continue
		}
		other := changes[who[0]].draft.row.Number
		switch likeness {
		case person.Possible:
			alike = append(alike, verdict{at: i, likeness: likeness, objection: warning("similar_person", LastName, fmt.Sprintf("is not that of row %d, but %s: see that they are two people before you approve", other, similar))})
		case person.Homonym:
			alike = append(alike, verdict{at: i, likeness: likeness, objection: warning("same_name", LastName, fmt.Sprintf("is, with the first name, that of row %d too: see that they are two people before you approve", other))})
		default:
			same = append(same, verdict{at: i, objection: refusal("same_person", LastName, fmt.Sprintf("is, with the first name and the date of birth or first day, that of row %d too: keep one of the two or, if they are two people, write their dates of birth or employee numbers", other))})
		}
	}
	return append(alike, same...)
}

// withoutStart looks for somebody among people who often begin together, on a day that tells
// nothing.
func withoutStart(x *person.Index, p person.Person, itself int) (person.Likeness, []int) {
	p.Start = roster.Date{}
	return x.Like(p, itself)
}

// crowded is how many new people are compared with each other in all that may speak for two
// being one. So many more are held anyway, and a whole company would take minutes: there it is
// parts of the name.
const crowded = 20_000

// newcomers are the places of the rows that create people who may be another one of them.
func newcomers(in *input, changes []change) []int {
	var all []int
	for i := range changes {
		if changes[i].creates() {
			all = append(all, i)
		}
	}
	if len(all) > crowded {
		return sharedNames(in, changes, all)
	}
	return all
}

// sharedNames are the places of the rows that create people, of whom others have part of the
// name.
func sharedNames(in *input, changes []change, creating []int) []int {
	seed := maphash.MakeSeed()
	count := make(map[uint64]uint8)
	pairs := func(i int) []string { return in.rowLooks(changes[i].draft.row).Name.Pairs() }
	for _, i := range creating {
		for _, pair := range pairs(i) {
			hash := maphash.String(seed, pair)
			count[hash] = min(2, count[hash]+1)
		}
	}
	// Two names of one hash are looked at once more than needed.
	return slices.DeleteFunc(creating, func(i int) bool {
		return !slices.ContainsFunc(pairs(i), func(pair string) bool { return count[maphash.String(seed, pair)] > 1 })
	})
}
