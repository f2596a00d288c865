package person

import (
	"strings"
	"unicode/utf8"
)

// shortest is the length of the names, in letters, in which one wrong letter is taken for
// a slip: with fewer, most pairs of them are two names.
const shortest = 5

// slip reports whether two folded last names differ in one letter, left out, added or wrong,
// or in two that have changed places.
func slip(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(x) < shortest || len(y)-len(x) > 1 {
		return false
	}
	x, y = trim(x, y)
	switch {
	case len(x) == 0:
		return len(y) <= 1
	case len(x) == 1:
		return len(y) == 1
	default:
		return transposed(x, y)
	}
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
	first, last := glue(n.first), glue(n.last)
	n.slips(func(kind byte, piece string) { do(kind, first, piece) })
	anybody, short := byte(byInitial), byte(byLetter)
	if ask {
		anybody, short = short, anybody
	}
	plain := glue(bare(n.last))
	do(anybody, initial(n.first), last)
	if plain != last {
		do(anybody, initial(n.first), plain)
	}
	if isInitial(n.first) {
		do(short, initial(n.first), last)
		if plain != last {
			do(short, initial(n.first), plain)
		}
	}
	if isInitial(n.last) {
		do(short, initial(n.last), first)
	}
}

// slips calls do for what a name with a slip in its last name can be found by: a beginning or
// an end of that, of which two such names have one in common.
func (n Name) slips(do func(kind byte, piece string)) {
	last := glue(bare(n.last))
	letters := utf8.RuneCountInString(last)
	for _, k := range []int{2, 3} {
		if letters < shortest || k == 2 && letters > shortest+1 || k == 3 && letters == shortest {
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

// initial is the first letter of a part of a name.
func initial(parts []string) string {
	_, size := utf8.DecodeRuneInString(parts[0])
	return parts[0][:size]
}
