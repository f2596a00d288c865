package person

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// shortestLast is the length of the last names, in letters, in which one wrong letter is taken for
// a slip: with fewer, most pairs of them are two names. shortestFirst is that of what else
// speaks for being one person.
const shortestLast, shortestFirst = 5, 3

// slip reports whether two folded names of so many letters differ in one, left out, added or
// wrong, or in two that have changed places.
func slip(a, b string, shortest int) bool {
	x, y := []rune(a), []rune(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(x) < shortest || len(y)-len(x) > 1 {
		return false
	}
	x, y = trim(x, y)
	switch {
	case numbered(x) || numbered(y):
		return false
	case len(x) == 0:
		return len(y) <= 1
	case len(x) == 1:
		return len(y) == 1
	default:
		return transposed(x, y)
	}
}

// typo reports whether two folded names are one that was written in two ways: they sound the
// same, or two letters side by side have changed places. A letter more or another one may make
// another name.
func typo(a, b string) bool {
	const shortest = 4
	if max(len(a), len(b)) < shortest || letterSet(a) != letterSet(b) {
		return false
	}
	x, y := trim([]rune(a), []rune(b))
	if sound(a) == sound(b) {
		return !numbered(x) && !numbered(y)
	}
	return transposed(x, y) && !numbered(x)
}

// numbered reports whether a digit is in a part of a name: who is called Test 12 and Test 21 has
// no slip.
func numbered(part []rune) bool { return slices.ContainsFunc(part, unicode.IsDigit) }

// sounds spells alike what French and German ears hear as one: Sophie and Sofie, Erik and Éric,
// Mathieu and Matthieu.
var sounds = strings.NewReplacer("dj", "d", "ph", "f", "sch", "sh", "ck", "k", "qu", "k", "c", "k", "q", "k", "y", "i", "w", "v", "z", "s")

// sound is a folded name as it is heard: without letters that are written twice, and without an h
// inside.
func sound(name string) string {
	heard := sounds.Replace(name)
	out := make([]byte, 0, len(heard))
	for i := range len(heard) {
		if c := heard[i]; i == 0 || c != heard[i-1] && c != 'h' {
			out = append(out, c)
		}
	}
	return string(out)
}

// fewestConsonants is how many make a first name that is spelled with other vowels, as Arabic ones
// are: Mohamed and Muhammad.
const fewestConsonants = 3

// bones are a name as it is heard, without vowels.
func bones(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("aeiou", r) {
			return -1
		}
		return r
	}, sound(name))
}

// sameBones reports whether two last names, with their particles or without, differ in their vowels
// alone, as names of other scripts do: Al-Khatib and Alkhateeb.
func sameBones(a, b []string) bool {
	for _, x := range distinct(glue(a), glue(bare(a))) {
		for _, y := range distinct(glue(b), glue(bare(b))) {
			if bonesOf(x, y) {
				return true
			}
		}
	}
	return false
}

// bonesOf reports whether two names have the same bones, of which there are enough. Most have not
// even the same last one, which is quick to see.
func bonesOf(a, b string) bool {
	if lastBone(a) != lastBone(b) {
		return false
	}
	x := bones(a)
	return len(x) >= fewestConsonants && x == bones(b) && !numbered([]rune(a)) && !numbered([]rune(b))
}

// lastBone is the last consonant of a name that sounds like no other; 0 when the last one may.
func lastBone(name string) byte {
	for i := len(name) - 1; i >= 0; i-- {
		switch c := name[i]; c {
		case 'a', 'e', 'i', 'o', 'u', 'y', 'h':
		case 'b', 'l', 'm', 'n', 'r', 't':
			return c
		default:
			return 0
		}
	}
	return 0
}

// onset is the first letter of a name as it is heard: Carl and Karl begin alike.
func onset(parts []string) string {
	heard := sound(glue(parts))
	return heard[:min(1, len(heard))]
}

// shortFor reports whether a first name may be what people call somebody with the other one for
// short: Alex, Max, Fred.
func shortFor(a, b string) bool { return len(a) > 1 && len(b) > len(a)+1 && strings.HasPrefix(b, a) }

// abbreviates reports whether two first names of several parts are the same but for initials: M.
// Claude for Marie-Claude.
func abbreviates(a, b []string) bool {
	if len(a) != len(b) || len(a) < 2 {
		return false
	}
	whole := false
	for i := range a {
		switch {
		case a[i] == b[i]:
			whole = true
		case len(a[i]) == 1 && strings.HasPrefix(b[i], a[i]), len(b[i]) == 1 && strings.HasPrefix(a[i], b[i]):
		default:
			return false
		}
	}
	return whole
}

// letterSet is which letters a name sounds of: those of two names that a typo makes of one are
// the same.
func letterSet(name string) uint32 {
	var set uint32
	for _, c := range []byte(sound(name)) {
		set |= 1 << (c & 31)
	}
	return set
}

// transposed reports whether two texts are two letters that have changed places.
func transposed(x, y []rune) bool { return len(x) == 2 && len(y) == 2 && x[0] == y[1] && x[1] == y[0] }

// trim leaves what two texts do not have in common at their beginning and at their end.
func trim(x, y []rune) (a, b []rune) {
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	return x, y
}

// initialOf reports whether the first of two names stands for the second: M for Marie, J-P and
// JP for Jean-Pierre.
func initialOf(short, name []string) bool {
	if !isInitial(short) || isInitial(name) {
		return false
	}
	letters := strings.Join(short, "")
	if utf8.RuneCountInString(letters) > len(name) {
		return false
	}
	at := 0
	for _, r := range letters {
		if first, _ := utf8.DecodeRuneInString(name[at]); first != r {
			return false
		}
		at++
	}
	return true
}

// isInitial reports whether a name may be nothing but initials.
func isInitial(name []string) bool {
	for _, part := range name {
		if n := utf8.RuneCountInString(part); n > 2 || n == 2 && len(name) > 1 {
			return false
		}
	}
	return len(name) > 0
}

// nearKeys calls do for what to find those by who have the name but for a slip or an initial.
func (n Name) nearKeys(ask bool, do func(kind byte, part, piece string)) {
	first := glue(n.first)
	n.slips(func(kind byte, piece string) { do(kind, first, piece) })
	named := func(kind byte, letter string) {
		for _, part := range n.lasts() {
			do(kind, letter, part)
		}
	}
	named(byInitial, initial(n.first))
	if ask || isInitial(n.first) {
		named(byLetter, initial(n.first))
	}
	n.kinKeys(do)
	switch {
	case isInitial(n.last) && ask:
		do(byInitial, initial(n.last), first)
	case isInitial(n.last):
		do(byLetter, initial(n.last), first)
	}
}

// kinKeys calls do for what to find those by who are kin: see isKin.
func (n Name) kinKeys(do func(kind byte, part, piece string)) {
	first, start := glue(n.first), onset(n.first)
	n.slips(func(kind byte, piece string) { do(kind, start, piece) })
	short, skeleton := nicknames()[first], bones(first)
	_, size := utf8.DecodeRuneInString(first)
	for _, last := range distinct(glue(n.last), glue(bare(n.last))) {
		do(byEnding, first, last)
		do(byEnding, first[size:], last) // another first letter, or one more
		if b := bones(last); len(b) >= fewestConsonants {
			do(byBones, skeleton, b)
		}
	}
	if len(short) == 0 {
		return
	}
	for _, last := range n.lasts() {
		for _, called := range short {
			do(byNickname, string(rune(called.line)), last)
		}
	}
}

// slips calls do for what a name with a slip in its last name can be found by: a beginning or
// an end of that, of which two such names have one in common.
func (n Name) slips(do func(kind byte, piece string)) {
	for _, last := range distinct(glue(n.last), glue(bare(n.last))) {
		letters := utf8.RuneCountInString(last)
		for _, k := range []int{1, 2, 3} {
			if letters < shortestFirst || k == 1 && letters > shortestLast || k == 2 && (letters < shortestLast || letters > shortestLast+1) || k == 3 && letters <= shortestLast {
				continue
			}
			head, tail := 0, len(last)
			for range k {
				_, size := utf8.DecodeRuneInString(last[head:])
				head += size
				_, size = utf8.DecodeLastRuneInString(last[:tail])
				tail -= size
			}
			do(byHead, last[:head])
			do(byTail, last[tail:])
		}
	}
}

// typos calls do for what names with typos can be found by, whichever part stands first.
func (n Name) typos(do func(a, b uint32)) {
	lasts := n.lasts()
	for _, first := range spellings(n.first) {
		a := letterSet(first)
		for _, last := range lasts {
			b := letterSet(last)
			do(min(a, b), max(a, b))
		}
	}
}

// initial is the first letter of a part of a name.
func initial(parts []string) string {
	_, size := utf8.DecodeRuneInString(parts[0])
	return parts[0][:size]
}
