package export

import (
	"hash/maphash"
	"math/bits"
)

// owners find who has a value, of a column in which each is to be there once: a map that is looked
// into once for each of 100,000 people, and costs half of one.
type owners struct {
	seed maphash.Seed
	// slots are a power of two, of which no more than half are taken: each has the upper half of the
	// hash of a value, and one more than the place of its owner in list.
	slots []uint64
	list  []owner
}

type owner struct {
	value string
	id    int
}

// newOwners has room for a number of people.
func newOwners(people int) *owners {
	return &owners{
		seed: maphash.MakeSeed(), slots: make([]uint64, 2<<bits.Len(uint(people))), list: make([]owner, 0, people),
	}
}

// find returns the slot of a value, and its owner where it is taken.
func (o *owners) find(value string) (slot *uint64, mark uint64, by *owner) {
	hash := maphash.String(o.seed, value)
	mark = hash &^ 0xffffffff
	for at := hash; ; at++ {
		slot = &o.slots[at&uint64(len(o.slots)-1)]
		if *slot == 0 {
			return slot, mark, nil
		}
		if *slot&^0xffffffff == mark {
			if by = &o.list[uint32(*slot)-1]; by.value == value {
				return slot, mark, by
			}
		}
	}
}

// of is who has a value, by Lucca id.
func (o *owners) of(value string) (id int, taken bool) {
	if _, _, by := o.find(value); by != nil {
		return by.id, true
	}
	return 0, false
}

// take gives a value that nobody has to somebody.
func (o *owners) take(value string, id int) {
	slot, mark, by := o.find(value)
	if by != nil {
		return // it is theirs
	}
	o.list = append(o.list, owner{value, id})
	*slot = mark | uint64(len(o.list))
}
