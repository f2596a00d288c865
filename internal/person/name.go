package person

import (
	"slices"
	"strings"
	"unicode"

	"github.com/mozillazg/go-unidecode"
	"golang.org/x/text/unicode/norm"
)

// Fold reduces a text to what two spellings of it have in common: no accents, no case,
// single blanks for hyphens, apostrophes and blanks of every kind, œ as oe. So "N’DIAYE",
// "N'Diaye" and "N Diaye" are one.
func Fold(s string) string {
	if folded, ok := foldLatin(s); ok {
		return folded
	}
	return strings.Join(strings.FieldsFunc(Plain(s), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(joints, r) }), " ")
}

// Plain is Fold for texts whose signs and blanks count, such as the names of files: without
// accents, case and what cannot be seen, œ as oe.
func Plain(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range norm.NFKD.String(strings.ToLower(s)) {
		if !unicode.Is(unicode.Mn, r) && !unicode.Is(unicode.Cf, r) {
			b.WriteString(latin(r))
		}
	}
	return b.String()
}

// joints are the marks between the parts of a name: hyphens and apostrophes, as keyboards,
// word processors and other languages write them.
const joints = "-‐‑‒–'’‘ʼʻ′`´.,"

// latin1 are the letters from À to ÿ as Fold leaves them; ? for those that are more than one.
const latin1 = "aaaaaa?ceeeeiiii?nooooo?ouuuuy??aaaaaa?ceeeeiiii?nooooo?ouuuuy?y"

// foldLatin is Fold for the letters of western Europe, which most names have.
func foldLatin(s string) (string, bool) {
	out := make([]byte, 0, len(s))
	blank := false
	for _, r := range s {
		var c byte
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			c = byte(r)
		case r >= 'A' && r <= 'Z':
			c = byte(r) - 'A' + 'a'
		case r == ' ' || r == '-' || r == '\'' || r == '’' || r == 0xA0:
			blank = true
			continue
		case r >= 'À' && r <= 'ÿ' && latin1[r-'À'] != '?':
			c = latin1[r-'À']
		default:
			return "", false
		}
		if blank && len(out) > 0 {
			out = append(out, ' ')
		}
		blank = false
		out = append(out, c)
	}
	return string(out), true
}

// latin spells the small letters that are no letter with an accent, such as œ; any other
// is itself.
func latin(r rune) string {
	switch r {
	case 'ß':
		return "ss"
	case 'æ':
		return "ae"
	case 'œ':
		return "oe"
	case 'ø':
		return "o"
	case 'ł':
		return "l"
	case 'đ', 'ð':
		return "d"
	case 'þ':
		return "th"
	case 'ı':
		return "i"
	default:
		return string(r)
	}
}

// Name is a folded first and last name. The zero Name is that of nobody known.
type Name struct {
	first, last []string
}

// NewName folds a name. One in another script is spelled in Latin letters, as programs do that
// have no others.
func NewName(first, last string) Name {
	return Name{first: strings.Fields(Fold(romanise(first))), last: saints(strings.Fields(Fold(romanise(last))))}
}

// greek spells what two Greek letters sound like together.
var greek = strings.NewReplacer("μπ", "b", "Μπ", "B", "ΜΠ", "B", "γκ", "g", "Γκ", "G", "γγ", "ng", "ευ", "ev", "Ευ", "Ev", "εύ", "ev", "Εύ", "Ev", "αυ", "av", "Αυ", "Av", "αύ", "av", "ου", "ou", "ού", "ou")

// romanise spells the letters of other scripts in Latin ones.
func romanise(s string) string {
	if !strings.ContainsFunc(s, isForeign) {
		return s
	}
	var b strings.Builder
	for _, r := range greek.Replace(s) {
		if isForeign(r) {
			b.WriteString(strings.Trim(unidecode.Unidecode(string(r)), "'`"))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isForeign(r rune) bool {
	return r > unicode.MaxLatin1 && unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r)
}

// saints spells out Saint and Sainte in a last name of several parts.
func saints(parts []string) []string {
	for i := range parts[:max(0, len(parts)-1)] {
		switch parts[i] {
		case "st":
			parts[i] = "saint"
		case "ste":
			parts[i] = "sainte"
		}
	}
	return parts
}

// IsZero reports whether a part of the name is not known.
func (n Name) IsZero() bool { return len(n.first) == 0 || len(n.last) == 0 }

// Equal reports whether two names are the same but for blanks, marks, particles, the spelling
// of umlauts, and which of the two parts stands first.
func (n Name) Equal(o Name) bool { return n.like(o) == sameName }

// Shares reports whether two names have the first, or the last one in common, in whichever
// column it stands: who marries keeps one of them.
func (n Name) Shares(o Name) bool {
	if n.IsZero() || o.IsZero() {
		return true
	}
	return n.sameFirst(o) || n.sameLast(o) || n.swapped().sameFirst(o) || n.swapped().sameLast(o)
}

func (n Name) swapped() Name { return Name{first: n.last, last: n.first} }

// nameLikeness is how much two names have in common.
type nameLikeness int

const (
	unlike nameLikeness = iota
	// looseName: each of the two is the other's but for a slip or an initial.
	looseName
	// kinName: the last name is the same, and the first name but for a letter, or short for the
	// other; or the first name is the same, and a short last name but for a letter, or but for its
	// vowels; or both have a slip. It may be somebody of the family.
	kinName
	// slipName: a letter of the last name is another one, missing or too many, while the first
	// name is the same; or the first name is what people say for the other one.
	slipName
	// typoName: one of the two, or both, have a slip that makes no other name: see typo.
	typoName
	// initialName: one of the two is an initial, while the other is the same.
	initialName
	// nearName: a part of a double last name, or a second first name, is missing.
	nearName
	// sameName: but for blanks, marks, particles and the order of the two.
	sameName
)

func (n Name) like(o Name) nameLikeness {
	if n.IsZero() || o.IsZero() {
		return unlike
	}
	first, last := compareFirsts(n.first, o.first), compareLasts(n.last, o.last)
	straight := both(first, last)
	if straight == looseName && n.isKin(o, first, last) {
		straight = kinName
	}
	if straight == sameName {
		return straight
	}
	swapped := both(compareCrossed(n.first, o.last), compareCrossed(o.first, n.last))
	return max(straight, swapped)
}

// isKin tells names that may be one person's from those that only look alike: one part is the same,
// or each has a slip that leaves how the first name begins, or they are written with other vowels.
func (n Name) isKin(o Name, first, last nameLikeness) bool {
	switch {
	case first == sameName || last == sameName:
		return true
	case first == initialName:
		return false
	case last == nearName:
		return first == slipName || initial(n.first) == initial(o.first)
	case last >= slipName && onset(n.first) == onset(o.first):
		return true
	default:
		return bones(glue(n.first)) == bones(glue(o.first)) && sameBones(n.last, o.last)
	}
}

// both is what two parts of a name make of the whole: a slip or an initial in the one needs the
// other to be the same, and a typo nothing worse.
func both(a, b nameLikeness) nameLikeness {
	low, high := min(a, b), max(a, b)
	switch {
	case low == unlike || low >= nearName || high == sameName:
		return low
	case low == typoName && high != initialName:
		return typoName
	default:
		return looseName
	}
}

func compareFirsts(a, b []string) nameLikeness {
	x, y := glue(a), glue(b)
	switch {
	case x == y:
		return sameName
	case len(a) == 1 && has(b, a[0]), len(b) == 1 && has(a, b[0]):
		return nearName
	case initialOf(a, b), initialOf(b, a), abbreviates(a, b):
		return initialName
	case typo(x, y):
		return typoName
	}
	if short := called(x, y); short != unlike {
		return short
	}
	if slip(x, y, shortestFirst) || shortFor(x, y) || shortFor(y, x) || bones(x) == bones(y) && len(bones(x)) >= fewestConsonants {
		return looseName // Julie is not Julia, and Max need not be Maximilian
	}
	return unlike
}

// compareCrossed holds a first name against what stands in the column of last names, which may
// be its initial.
func compareCrossed(first, last []string) nameLikeness {
	switch alike := compareLasts(first, last); {
	case alike < nearName && initialOf(last, first):
		return initialName
	case alike == slipName:
		return looseName
	default:
		return alike
	}
}

func compareLasts(a, b []string) nameLikeness {
	whole, other := glue(a), glue(b)
	p, q := a, b
	a, b = bare(a), bare(b)
	x, y := glue(a), glue(b)
	if whole == other || x == y || glued(p, q) {
		return sameName
	}
	if len(a) > len(b) {
		a, b, whole, other, x, y = b, a, other, whole, y, x
	}
	switch {
	case !slices.ContainsFunc(a, func(part string) bool { return !has(b, part) }):
		return nearName
	case typo(whole, other), typo(x, y):
		return typoName
	case slip(whole, other, shortestLast), slip(x, y, shortestLast):
		return slipName
	case slip(x, y, shortestFirst), bonesOf(whole, other), bonesOf(x, y), bonesOf(whole, y), bonesOf(x, other):
		return looseName
	default:
		return unlike
	}
}

// glued reports whether two last names are one, of which one has particles in front that the other
// lacks: De La Tour and Latour.
func glued(a, b []string) bool {
	for _, x := range tails(a) {
		if slices.Contains(tails(b), x) {
			return true
		}
	}
	return false
}

// tails are a last name whole, and without the particles in front, one after the other.
func tails(parts []string) []string {
	list := []string{glue(parts)}
	for len(parts) > 2 && isParticle(parts[0]) {
		parts = parts[1:]
		list = append(list, glue(parts))
	}
	return list
}

func has(parts []string, part string) bool {
	part = respell(part)
	return slices.ContainsFunc(parts, func(p string) bool { return respell(p) == part })
}

// SharesFirst reports whether two people have a first name in common.
func (n Name) SharesFirst(o Name) bool {
	return compareFirsts(n.first, o.first) > slipName || n.sameFirst(o) || n.swapped().sameFirst(o)
}

// sameFirst reports whether the first of the first names is the same.
func (n Name) sameFirst(o Name) bool {
	return len(n.first) > 0 && len(o.first) > 0 && (respell(n.first[0]) == respell(o.first[0]) || glue(n.first) == glue(o.first))
}

// firsts are what to find by those who have the same first name: see sameFirst.
func (n Name) firsts() []string {
	if len(n.first) == 0 {
		return nil
	}
	return distinct(respell(n.first[0]), glue(n.first))
}

func (n Name) sameLast(o Name) bool {
	return len(n.last) > 0 && len(o.last) > 0 && compareLasts(n.last, o.last) >= nearName
}

// Pairs are what to find a name by: two names that are alike at all have one in common,
// whichever part stands first.
func (n Name) Pairs() []string {
	if n.IsZero() {
		return nil
	}
	lasts := n.lasts()
	var keys []string
	for _, first := range spellings(n.first) {
		for _, last := range lasts {
			keys = append(keys, pairKey(first, last))
		}
	}
	return keys
}

// lasts are a last name whole, without particles, and each part of it.
func (n Name) lasts() []string {
	if len(n.last) == 1 {
		return []string{glue(n.last)}
	}
	list := append(tails(n.last), glue(bare(n.last)))
	for _, part := range bare(n.last) {
		list = append(list, respell(part))
	}
	return distinct(list...)
}

// spellings are a first name whole, without particles, since it may stand in the other column,
// and each of several.
func spellings(parts []string) []string {
	list := []string{glue(parts)}
	if len(parts) == 1 {
		return list
	}
	list = append(list, glue(bare(parts)))
	for _, part := range parts {
		list = append(list, respell(part))
	}
	return distinct(list...)
}

func pairKey(a, b string) string { return min(a, b) + " " + max(a, b) }

func distinct(list ...string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// glue joins the parts of a name without blanks.
func glue(parts []string) string {
	if len(parts) == 1 {
		return respell(parts[0])
	}
	return respell(strings.Join(parts, ""))
}

// respell writes the two spellings of an umlaut alike: Müller, Mueller and Muller are one.
func respell(s string) string {
	if !strings.Contains(s, "e") {
		return s
	}
	for _, pair := range []string{"ae", "oe", "ue"} {
		s = strings.ReplaceAll(s, pair, pair[:1])
	}
	return s
}

// bare is a last name without particles, unless it has nothing else.
func bare(parts []string) []string {
	if !slices.ContainsFunc(parts, isParticle) {
		return parts
	}
	rest := slices.DeleteFunc(slices.Clone(parts), isParticle)
	if len(rest) == 0 {
		return parts
	}
	return rest
}

// isParticle knows the particles of French, German, Dutch, Italian, Portuguese, Spanish and
// Arabic names.
func isParticle(part string) bool {
	switch part {
	case "d", "l", "o", "de", "du", "des", "la", "le", "les", "van", "von", "der", "den", "dem", "ten", "ter", "zu", "zum", "zur",
		"da", "do", "dos", "das", "di", "del", "della", "dello", "el", "al", "ben", "ibn", "bin", "y", "e":
		return true
	default:
		return false
	}
}

// WholeKeys are what a name that is written in one text can be found by, with particles,
// without, and glued to what follows; see TextKeys.
func WholeKeys(first, last string) []string {
	f, l := strings.Fields(Fold(first)), strings.Fields(Fold(last))
	if len(f) == 0 || len(l) == 0 {
		return nil
	}
	if len(f) == 1 && len(l) == 1 {
		return []string{pairKey(respell(f[0]), respell(l[0]))}
	}
	plain := wholeKey(slices.Concat(f, l))
	if !slices.ContainsFunc(l, isParticle) {
		return []string{plain}
	}
	return distinct(plain, wholeKey(append(slices.Clone(f), bare(l)...)), wholeKey(append(slices.Clone(f), strings.Join(l, ""))))
}

// TextKeys are the keys of a name in one text, such as "Zoé Lefèvre", "LEFÈVRE, Zoé" or
// "lefevre zoe": it is that of whoever has one of them among their WholeKeys, of which the
// first says most.
func TextKeys(text string) []string {
	words := strings.Fields(Fold(text))
	switch {
	case len(words) < 2:
		return nil
	case !slices.ContainsFunc(words, isParticle):
		return []string{wholeKey(words)}
	default:
		return distinct(wholeKey(slices.Clone(words)), wholeKey(bare(words)))
	}
}

// wholeKey has words of its own to change.
func wholeKey(words []string) string {
	for i := range words {
		words[i] = respell(words[i])
	}
	if len(words) == 2 {
		return pairKey(words[0], words[1])
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}
