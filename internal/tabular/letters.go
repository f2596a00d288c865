package tabular

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// letters weighs over a whole file which encoding its letters beyond ASCII make sense in. A
// single cell may tell nothing: the û of an old Mac is a ž in windows-1252, which some name
// has, the á of DOS a no-break blank, its ß an á. Every such letter costs what it is worth in
// its place, from 0 for é between small letters to impossible for a capital there.
type letters struct {
	// lead is by how much the text makes more sense as it was read than in DOS and Mac Roman.
	lead [len(rivals)]int
	// first is the cell that spoke first for each of them; zero for none.
	first [len(rivals)]place
	text  [2][]rune
}

// rivals are the encodings that a text may have been written in, and was read as windows-1252.
var rivals = [...]*charmap.Charmap{charmap.CodePage850, charmap.Macintosh}

const (
	// settled is a lead that later cells are not looked at for: dozens of letters make sense.
	settledLead = 100
	impossible  = 8
)

// weigh looks at a text that is not plainly damaged.
func (l *letters) weigh(at place, cell string) {
	if l.lead[0] > settledLead && l.lead[1] > settledLead {
		return
	}
	read := l.text[0][:0]
	for _, r := range cell {
		read = append(read, r)
	}
	l.text[0] = read
	cost := sense(read)
	for i, rival := range rivals {
		written, ok := l.reread(read, rival)
		if !ok { // a letter that windows-1252 does not have
			l.lead[i] += impossible
			continue
		}
		d := sense(written) - cost
		if l.lead[i] += d; d < 0 && l.first[i].row == 0 {
			l.first[i] = at
		}
	}
}

// reread is what the bytes of a text would be in another encoding.
func (l *letters) reread(read []rune, as *charmap.Charmap) ([]rune, bool) {
	out := l.text[1][:0]
	for _, r := range read {
		if r >= utf8.RuneSelf {
			b, ok := charmap.Windows1252.EncodeRune(r)
			if !ok {
				return nil, false
			}
			r = as.DecodeByte(b)
		}
		out = append(out, r)
	}
	l.text[1] = out
	return out, true
}

// doubt returns the cell that speaks against the encoding the text was read in, when another
// one makes more sense of the whole file by more than a margin.
func (l *letters) doubt(margin int) (place, bool) {
	worst := 0
	for i := range rivals {
		if l.lead[i] < l.lead[worst] {
			worst = i
		}
	}
	return l.first[worst], l.lead[worst] < -margin
}

// settled reports whether the letters of the file make more sense as they were read.
func (l *letters) settled() bool { return l.lead[0] > 0 && l.lead[1] > 0 }

// sense is what the letters beyond ASCII of a text cost.
func sense(text []rune) (cost int) {
	for i, r := range text {
		if r >= utf8.RuneSelf {
			cost += costOf(text, i)
		}
	}
	return cost
}

// around returns the character that is n places from i, a blank beyond the ends.
func around(text []rune, i, n int) rune {
	if i += n; i < 0 || i >= len(text) {
		return ' '
	}
	return text[i]
}

func costOf(text []rune, i int) int {
	switch r := text[i]; {
	case r == '\u00a0' || r == '\u202f':
		return costOfBlank(text, i)
	case r == '’':
		return costOfApostrophe(text, i)
	case r == 'º', r == 'ª', r == '°', r == '²', r == '³', r == '®', r == '™':
		if unicode.IsLetter(around(text, i, 1)) && (r != '°' || unicode.ToLower(around(text, i, -1)) != 'n') {
			return impossible
		}
		if strings.ContainsRune("²³ºª", r) && long(text, i) {
			return 4
		}
		return 0
	case unicode.IsLetter(r):
		return costOfLetter(text, i)
	default:
		return costOfSign(text, i)
	}
}

// costOfSign: a sign stands between words and not in them.
func costOfSign(text []rune, i int) int {
	before, after := unicode.IsLetter(around(text, i, -1)), unicode.IsLetter(around(text, i, 1))
	opens, closes := strings.ContainsRune("«“„‘‚‹¡¿", text[i]), strings.ContainsRune("»”“›…", text[i])
	switch {
	case before && after:
		return impossible
	case before && !closes, after && !opens && text[i] != '€' && text[i] != '£' && text[i] != '§':
		return 6
	case after && !opens:
		return 4
	case (text[i] == '…' || text[i] == '·') && alone(text, i):
		return 3 // à and ú
	case strings.ContainsRune("–—€«»“”„…•·§°", text[i]):
		return 0
	default:
		return 2
	}
}

// alone reports whether a sign stands between blanks, with a word after it.
func alone(text []rune, i int) bool {
	return around(text, i, -1) == ' ' && around(text, i, 1) == ' ' && unicode.IsLetter(around(text, i, 2))
}

const vowels = "aeiouyàâäáãåæéèêëíìîïóòôöõøœúùûüýÿAEIOUYÀÂÄÁÃÅÆÉÈÊËÍÌÎÏÓÒÔÖÕØŒÚÙÛÜÝŸ"

func isVowel(r rune) bool { return strings.ContainsRune(vowels, r) }

// costOfLetter: by how rare it is, and whether the word has it in the right case.
func costOfLetter(text []rune, i int) int {
	r := text[i]
	before2, before, after := around(text, i, -2), around(text, i, -1), around(text, i, 1)
	cost := rarity(r)
	switch {
	case unicode.IsDigit(before) && unicode.IsDigit(after):
		return impossible
	case unicode.IsUpper(r) && unicode.IsLower(before):
		return impossible
	case unicode.IsUpper(r) && unicode.IsUpper(before) && unicode.IsLower(after) && !unicode.IsUpper(before2):
		return impossible
	case unicode.IsLower(r) && !unicode.IsLetter(before) && (unicode.IsUpper(after) || i == 0 && unicode.IsLower(after)):
		cost += 3
	}
	switch r {
	case 'ß': // after a long vowel only
		if !isVowel(before) || before == 'i' && before2 != 'e' {
			return impossible
		}
		if strings.ContainsRune("rzcdj", after) {
			cost += 6
		}
	case 'á':
		cost += costOfAcute(before2, before, after)
	case 'é', 'è': // DUPRé, but not LEFéVRE
		if unicode.IsUpper(before) && unicode.IsUpper(after) {
			cost++
		}
	case 'È':
		if unicode.IsUpper(before) && !unicode.IsLetter(after) {
			cost += 3
		}
	case 'ä', 'ö', 'Ä', 'Ö':
		if strings.ContainsRune("aio", after) || isVowel(before) && before != 'i' && before != 'e' {
			cost += 3
		}
	case 'ô', 'û', 'Ô', 'Û':
		if isVowel(before) && unicode.ToLower(before) != 'o' && unicode.ToLower(before) != 'e' {
			cost += 3
		}
		if strings.ContainsRune("VRFvrf", after) {
			cost += 2
		}
	}
	return cost
}

// costOfAcute: an á comes after few vowels, and hardly any word ends in two that it is the
// second of. What Weiß and Strauß have become does.
func costOfAcute(before2, before, after rune) int {
	switch {
	case before == 'a', before == 'i' && before2 == 'e', strings.ContainsRune("oöüä", before) && !unicode.IsLetter(after), before == 'u' && before2 == 'a':
		return 6
	case strings.ContainsRune("ouöüä", before):
		return 2
	default:
		return 0
	}
}

// rarity is how seldom the languages of windows-1252 have a letter, as a cost.
func rarity(r rune) int {
	switch {
	case strings.ContainsRune("éèêëàâäáçîïíôöóûüúùñßœÉÈÊÀÄÁÇÎÔÖÓÜÚÑŒ", r):
		return 0
	case strings.ContainsRune("ËÂÏÍÛÙìòãõýÿæøåÌÒÃÕÝÅÆØ", r):
		return 2
	case strings.ContainsRune("ŠŽ", r):
		return 2
	default:
		return 4
	}
}

// small are the short words that a no-break blank may stand before or after.
var small = []string{
	"de", "du", "des", "la", "le", "les", "et", "en", "à", "a", "au", "aux", "von", "van", "der", "den", "zu", "und", "y", "e", "di", "da", "del", "della", "do", "dos", "das", "of", "the", "and", "for", "in", "für", "pour", "par", "sur",
}

// costOfBlank: one stands between words. What Sánchez has become is none.
func costOfBlank(text []rune, i int) int {
	before, after := around(text, i, -1), around(text, i, 1)
	if !unicode.IsLetter(before) || !unicode.IsLower(after) {
		return 0
	}
	from, to := i, i+1
	for from > 0 && unicode.IsLetter(text[from-1]) {
		from--
	}
	for to < len(text) && unicode.IsLetter(text[to]) {
		to++
	}
	left, right := string(text[from:i]), string(text[i+1:to])
	switch {
	case slices.Contains(small, strings.ToLower(left)), slices.Contains(small, right):
		return 0
	case !strings.ContainsAny(left, vowels), !strings.ContainsAny(right, vowels):
		return impossible
	case strings.Contains("nd nt rt lt ng rn lz rz nz ", right[:min(2, len(right))]+" "):
		return impossible
	case unicode.IsUpper(text[from]) && to-from <= len("Hernandez1"):
		return 3
	default:
		return 0
	}
}

// costOfApostrophe: the words before and after one are those that it joins. What García has
// become is none.
func costOfApostrophe(text []rune, i int) int {
	before2, before := around(text, i, -2), unicode.ToLower(around(text, i, -1))
	after, after2 := around(text, i, 1), around(text, i, 2)
	short := !unicode.IsLetter(before2) // d’, l’, O’
	switch {
	case !unicode.IsLetter(before) || !unicode.IsLetter(after), unicode.IsUpper(after):
		return 0
	case !unicode.IsLetter(after2) && (after == 's' || after == 't' || after == 'h'): // Children’s, don’t, Floc’h
		return 0
	case short && strings.ContainsRune("dlcjmnsto", before) && unicode.IsLetter(around(text, i, 3)):
		return 0
	case !short && (before == 'u' || before == 'd' || before == 'l' || before == 'c' && after == 'h' || before == 't' && unicode.ToLower(before2) == 'n' && isVowel(after)):
		return 0
	default:
		return 5
	}
}
