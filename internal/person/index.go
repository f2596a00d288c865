package person

import (
	"encoding/binary"
	"hash/maphash"

	"lucca-exchange/internal/roster"
)

// Index finds among many people those who may be one of them, in a time that does not grow
// with their number.
type Index struct {
	at   func(int) Person
	seed maphash.Seed
	// first is who came first with a key, and more are those who have it too: most keys are of
	// one alone, and a list for each would take most of the memory.
	first map[uint64]int32
	more  map[uint64][]int32
	// met are the people who were looked at last: in a crowd they are the same each time.
	met map[int32]Person
}

// mostMet bounds Index.met.
const mostMet = 1000

// who is somebody in the index.
func (x *Index) who(i int32) Person {
	if p, ok := x.met[i]; ok {
		return p
	}
	if len(x.met) >= mostMet {
		clear(x.met)
	}
	p := x.at(int(i))
	x.met[i] = p
	return p
}

// crowd is how many of those who share a key are looked at: a file may have one name all
// over, and one of them is enough to doubt.
const crowd = 32

// NewIndex makes an empty index of people who are known by numbers; at tells who they are.
func NewIndex(at func(int) Person) *Index {
	return &Index{at: at, seed: maphash.MakeSeed(), first: make(map[uint64]int32), more: make(map[uint64][]int32), met: make(map[int32]Person)}
}

// Add puts somebody into the index.
func (x *Index) Add(i int) {
	x.keys(x.at(i), adding, func(key uint64) {
		first, known := x.first[key]
		if !known {
			x.first[key] = int32(i)
			return
		}
		others := x.more[key]
		last := first
		if len(others) > 0 {
			last = others[len(others)-1]
		}
		if last != int32(i) && len(others) < crowd-1 {
			x.more[key] = append(others, int32(i))
		}
	})
}

// Like returns how much speaks for somebody being one of those in the index, at most, and
// of whom as much speaks for it. Itself is the number of p, if p is in the index.
func (x *Index) Like(p Person, itself int) (best Likeness, who []int) {
	seen := make(map[int32]bool)
	look := func(i int32) {
		if seen[i] || int(i) == itself {
			return
		}
		seen[i] = true
		switch l := Compare(p, x.who(i)); {
		case l > best:
			best, who = l, []int{int(i)}
		case l == best && l > Other:
			who = append(who, int(i))
		}
	}
	x.keys(p, asking, func(key uint64) {
		first, known := x.first[key]
		if !known {
			return
		}
		look(first)
		for _, i := range x.more[key] {
			look(i)
		}
	})
	return best, who
}

// kinds of keys: a pair of names alone, and what two people have in common whom Compare
// does not call others.
const (
	byName = iota
	byNameBirth
	byNameStart
	byNumber
	byDays
	byFirstStart
	byFirstBirth
	byLastStart
	byHead
	byTail
	// byInitial is for the first letter of anybody's name, byLetter for those who have no more.
	byInitial
	byLetter
	byTypo
	// byEnding is for first names with another first letter, byNickname for what people say for
	// short, byBones for what is left without vowels.
	byEnding
	byNickname
	byBones
	byBirth
	byMailbox
	byPhone
)

// adding and asking are what keys are for.
const adding, asking = false, true

// keys calls do for each key of a person. Two people who are not others have one in common,
// and those of the same evidence are found by it even in a crowd of one name.
func (x *Index) keys(p Person, ask bool, do func(uint64)) {
	var h maphash.Hash
	h.SetSeed(x.seed)
	one := func(kind byte, text, number string, days ...roster.Date) {
		h.Reset()
		_ = h.WriteByte(kind) // never fails
		_, _ = h.WriteString(text)
		_ = h.WriteByte(0)
		_, _ = h.WriteString(number)
		for _, d := range days {
			_, _ = h.Write([]byte{byte(d.Year >> 8), byte(d.Year), d.Month, d.Day})
		}
		do(h.Sum64())
	}
	born, begun, number := !p.Birth.IsZero(), !p.Start.IsZero(), BareNumber(p.Number)
	for _, pair := range p.Name.Pairs() {
		one(byName, pair, "")
		if born {
			one(byNameBirth, pair, "", p.Birth)
		}
		if begun {
			one(byNameStart, pair, "", p.Start)
		}
	}
	if number != "" {
		one(byNumber, "", number)
	}
	if phone := phoneKey(p.Phone); phone != "" {
		one(byPhone, "", phone)
	}
	if !p.Name.IsZero() {
		p.Name.nearKeys(ask, func(kind byte, part, piece string) { one(kind, part, piece) })
	}
	if !p.Name.IsZero() {
		p.Name.typos(func(a, b uint32) {
			var sets [8]byte
			binary.LittleEndian.PutUint32(sets[:4], a)
			binary.LittleEndian.PutUint32(sets[4:], b)
			one(byTypo, string(sets[:]), "")
		})
	}
	if box := mailbox(p.Mail); box != "" {
		one(byMailbox, box, "")
	}
	if born {
		one(byBirth, "", "", p.Birth)
	}
	if born && begun {
		one(byDays, "", "", p.Birth, p.Start)
	}
	for _, first := range p.Name.firsts() {
		if begun {
			one(byFirstStart, first, "", p.Start)
		}
		if born {
			one(byFirstBirth, first, "", p.Birth)
		}
	}
	if begun {
		for _, part := range bare(p.Name.last) {
			one(byLastStart, respell(part), "", p.Start)
		}
		if len(p.Name.last) > 1 {
			one(byLastStart, glue(p.Name.last), "", p.Start)
		}
	}
}
