package tabular

import (
	"strings"
	"unicode"
)

// origin is how sure it is in which encoding a text was read.
type origin uint8

const (
	// asWritten is UTF-8, UTF-16 or a workbook, asSet of single bytes in the encoding that is
	// set, asGuessed what is no UTF-8 and was taken for windows-1252.
	asWritten origin = iota
	asSet
	asGuessed
)

// single reports whether a text was made of single bytes, which may be those of another encoding.
func (o origin) single() bool { return o != asWritten }

// strangers are the letters and signs of windows-1252 that stand in the place of letters of central
// Europe, of Turkish or of the Baltic states, whose encodings have these there.
const strangers = "ðþÐÞýÝõÕãÃøØêÊûÛæÆèÈìÌòÒùÙïÏñÑœŒ¹³ªº£¥¯¿¼½¾¦´¨¸"

// isForeign reports whether a text has what only another encoding than windows-1252 explains:
// Dvoøák for Dvořák, £ukasz for Łukasz, Dað for Dağ. Few languages have such letters in such
// places; where the encoding was guessed these are not believed, as a file that is really
// Icelandic can say so.
func isForeign(cell string, from origin) bool {
	if !strings.ContainsAny(cell, strangers) {
		return false
	}
	text := []rune(cell)
	for i, r := range text {
		switch {
		case r < 0xA0:
		case isForeignSign(text, i), surrounded(text, i):
			return true
		case from == asGuessed && isForeignLetter(text, i):
			return true
		}
	}
	return false
}

// isForeignSign looks for signs where a word has letters.
func isForeignSign(text []rune, i int) bool {
	before, after := around(text, i, -1), around(text, i, 1)
	inside := unicode.IsLetter(before) && unicode.IsLetter(after)
	ends := unicode.IsLetter(before) && !unicode.IsLetter(after) && !unicode.IsDigit(after)
	switch text[i] {
	case '¹', '³':
		return inside || unicode.IsLetter(after) && !unicode.IsDigit(before) && before != '/' || ends && long(text, i)
	case 'ª', 'º': // not MªCarmen
		return inside && unicode.IsLower(before) && unicode.IsLower(after) || !unicode.IsLetter(before) && !unicode.IsDigit(before) && unicode.IsLower(after) || ends && long(text, i)
	case '£', '¥', '¯', '¼', '½', '¾', '¦', '´', '¨', '¸':
		return unicode.IsLetter(after) && !unicode.IsDigit(before)
	case '¿':
		return ends && long(text, i)
	default:
		return false
	}
}

// long reports whether three letters or more come before a place: units, as in cm³, have fewer.
func long(text []rune, i int) bool {
	return unicode.IsLetter(around(text, i, -1)) && unicode.IsLetter(around(text, i, -2)) && unicode.IsLetter(around(text, i, -3))
}

// surrounded looks for letters that no language has between two vowels, as in Jiøí and Kuèera.
func surrounded(text []rune, i int) bool {
	before, after := around(text, i, -1), around(text, i, 1)
	switch text[i] {
	case 'ø', 'è', 'æ', 'Ø', 'È', 'Æ':
		return isVowel(before) && isVowel(after) && unicode.ToLower(before) != 'y' && unicode.ToLower(after) != 'y'
	case 'þ': // as in Ionuþ; but Eyþór
		return isVowel(before) && unicode.ToLower(before) != 'y'
	default:
		return false
	}
}

// isLast reports whether the word ends with the letter n places after one.
func isLast(text []rune, i, n int) bool { return !unicode.IsLetter(around(text, i, n+1)) }

// isForeignLetter looks for letters in places where only languages that hardly any file is in have
// them.
func isForeignLetter(text []rune, i int) bool {
	before, after, after2 := around(text, i, -1), unicode.ToLower(around(text, i, 1)), unicode.ToLower(around(text, i, 2))
	vowel, ends := isVowel(after) && after != 'y', !unicode.IsLetter(after)
	afterVowel := isVowel(before)
	switch unicode.ToLower(text[i]) {
	case 'ð', 'þ':
		return unicode.IsLetter(before) || unicode.IsLetter(after)
	case 'ý': // Novotný, but not Yýlmaz nor Avcý
		return !ends || unicode.ToLower(before) == 'c' || before == 'ç'
	case 'õ': // Simões and Võ, but not Erdõs
		return after != 'e' && (unicode.ToLower(before) != 'v' || unicode.IsLetter(around(text, i, -2)))
	case 'ã': // João and Irmãs, but not Brãila
		return !ends && !strings.ContainsRune("oe", after) && (after != 's' || unicode.IsLetter(after2))
	case 'ø': // Bøe, Høie and Høyer, but not Pøemysl nor Pøibyl
		return afterVowel || vowel && after != 'e' && after != 'i' || (after == 'e' || after == 'i') && unicode.IsLetter(after2) && !isVowel(after2)
	case 'æ':
		return afterVowel || vowel
	case 'è': // Guèye, Noè and Joèlle, but not Èerný, Beèka nor Petroviè
		return vowel || unicode.ToLower(before) == 'e' || ends && unicode.ToLower(before) == 'i'
	case 'ì': // Bình, but not Nìmec
		return !ends && !vowel && (after != 'n' || after2 != 'h')
	case 'ò':
		return afterVowel && !strings.ContainsRune("iIuUyY", before)
	case 'ù': // Hùng, but not Prùša
		return !ends && !vowel && (after != 'n' || after2 != 'g')
	case 'ï':
		return unicode.IsLetter(before) && !afterVowel || !unicode.IsLetter(before) && !ends && !vowel
	case 'ñ': // Muñoz and Fañch, but not Kamiñski
		return ends || !vowel && after != 'y' && (after != 'c' || after2 != 'h')
	case 'ê': // fête, évêché, Rêgo, ciência and Bùi Khuê, but not Dêbski, Ziêba nor Kêpa
		polish := strings.ContainsRune("bckzd", after) && (after != 'c' || after2 != 'h') && (after != 'd' || after2 == 'z' || after2 == 'r') && !isVowel(after2)
		return polish || after == 'k' || after == 'z' || after == 'p' && after2 == 'a' && isLast(text, i, 2) || unicode.ToLower(before) == 'i' && (after == 'b' || after == 't')
	case 'û': // août, brûlé and flûte, but not Szûcs nor Keserû
		return strings.ContainsRune("yYzZ", before) || after == 'z' || ends && strings.ContainsRune("rR", before) && long(text, i)
	case 'œ': // cœur, but not Wiœniewski
		return afterVowel || !unicode.IsLetter(before) && after == 'w'
	default:
		return false
	}
}
