package export

import (
	"hash/maphash"
	"math/bits"
)

// owners find who has a value, of a column in which each is to be there once: a map that is looked
// into once for each of 100,000 people, and costs half of one.
type owners struct {
	// inOrder: the values come in the order of the file, so that the last one says it all.
	inOrder bool
	last    owner
	seed    maphash.Seed
	// slots are a power of two, of which no more than half are taken: each has the upper half of the
	// hash of a value, and one more than the place of its owner in list.
	slots []uint64
	list  []owner
}

type owner struct {
	value string
	id    int
}

// newOwners has room for a number of people, unless their values come in the order of the file.
func newOwners(people int, inOrder bool) *owners {
	if inOrder {
		return &owners{inOrder: true}
	}
	return &owners{
		seed: maphash.MakeSeed(), slots: make([]uint64, 2<<bits.Len(uint(people))), list: make([]owner, 0, people),
	}
}

// found is where a value is, or would be: by is its owner where it is taken.
type found struct {
	value string
	slot  *uint64
	mark  uint64
	by    *owner
}

func (o *owners) find(value string) found {
	if o.inOrder {
		f := found{value: value}
		if o.last.id != 0 && o.last.value == value {
			f.by = &o.last
		}
		return f
	}
	hash := maphash.String(o.seed, value)
	f := found{value: value, mark: hash &^ 0xffffffff}
	for at := hash; ; at++ {
		f.slot = &o.slots[at&uint64(len(o.slots)-1)]
		if *f.slot == 0 {
			return f
		}
		if *f.slot&^0xffffffff == f.mark {
			if by := &o.list[uint32(*f.slot)-1]; by.value == value {
				f.by = by
				return f
			}
		}
	}
}

// assign gives what was found to somebody, where nobody else has it.
func (o *owners) assign(f found, id int) {
	if o.inOrder {
		o.last = owner{f.value, id}
	} else if f.by == nil {
		o.list = append(o.list, owner{f.value, id})
		*f.slot = f.mark | uint64(len(o.list))
	}
}
