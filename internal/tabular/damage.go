package tabular

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"lucca-exchange/internal/finding"
)

// Damaged is the code of findings about a text that is no longer what was written. Other
// findings of a Row are about its shape.
const Damaged = "damaged_text"

// What was done to a text before it came here, or by reading it in the wrong encoding. They
// are predicates: "the cell …".
const (
	lostSign    = "holds the sign that stands for a lost character"
	lostLetters = "holds question marks in the place of letters"
	twice       = "was encoded twice: its accents have become pairs of signs"
	misread     = "holds letters and signs that no word has: it was read in another encoding than it was written in"
	unusual     = "holds letters that hardly any word has in windows-1252, which was guessed: have it written in UTF-8, or set encoding: to what shows it right"
	entities    = "holds the code of a web page in the place of a character, such as &eacute; or <br>"
	turned      = "holds a sign that turns the letters after it round, so that it reads otherwise than it is: type it anew"
	escapes     = "holds the code of a program in the place of a character, such as \\u00e9"
)

// turning writes the letters after it from right to left, whatever they are.
const turning = "\u202E"

// signs are those of a cell that damage looks for.
type signs uint8

const (
	// high is a letter or sign beyond ASCII, bracket & or <, coded \ % or =.
	high signs = 1 << iota
	question
	bracket
	coded
)

// signOf has them by their bytes.
var signOf = func() (of [256]signs) {
	for c := utf8.RuneSelf; c < len(of); c++ {
		of[c] = high
	}
	of['?'], of['&'], of['<'], of['\\'], of['%'], of['='] = question, bracket, bracket, coded, coded, coded
	return of
}()

// suspicious returns the signs of a cell that damage looks for, of which most have none.
func suspicious(cell string) (s signs) {
	for i := range len(cell) {
		s |= signOf[cell[i]]
	}
	return s
}

// damage tells what has happened to a text with signs, or nothing. Sure is false for a sign that
// only in company means damage.
func damage(cell string, has signs, from origin) (what string, sure bool) {
	if has&high != 0 {
		if strings.Contains(strings.TrimFunc(cell, isBlank), turning) {
			return turned, true
		}
		if what := spoiled(cell, from.single()); what != "" {
			return what, true
		}
		if isForeign(cell, from) {
			return foreignness(from), true
		}
	}
	if has&(question|bracket|coded) == 0 {
		return "", false
	}
	url := strings.Contains(cell, "://")
	if has&question != 0 && !url {
		if marks, sure := questionMarks(cell); marks {
			return lostLetters, sure
		}
	}
	if has&bracket != 0 && (hasEntity(cell) || tag.MatchString(cell)) {
		return entities, true
	}
	if has&coded != 0 && !url && escape.MatchString(cell) {
		return escapes, true
	}
	return "", false
}

// foreignness is what has happened to a text that another encoding explains.
func foreignness(from origin) string {
	if from == asGuessed {
		return unusual
	}
	return misread
}

// western reports whether the only letters beyond ASCII of a text are à to ÿ, as those of most
// are: of these none is odd in any place.
func western(cell string) bool {
	for i := 0; i < len(cell); i++ {
		if cell[i] < utf8.RuneSelf {
			continue
		}
		// ð, ÷ and þ are seldom meant.
		if cell[i] != 0xC3 || i+1 == len(cell) || cell[i+1] < 0xA0 || cell[i+1] == 0xB0 || cell[i+1] == 0xB7 || cell[i+1] == 0xBE {
			return false
		}
		i++
	}
	return true
}

// healthy reports whether a text has letters beyond ASCII.
func healthy(cell string) bool {
	for _, r := range cell {
		if r >= 0xC0 && unicode.IsLetter(r) {
			return true
		}
	}
	return false
}

var (
	entity = regexp.MustCompile(`&(#[0-9]{2,6}|#[xX][0-9a-fA-F]{2,6}|[a-zA-Z]{2,8}[0-9]?)(;|$)`) // a separator may have cut the last one off
	tag    = regexp.MustCompile(`(?i)</?(br|b|i|u|p|a|em|strong|span|div|font|small|big|li|ul|ol|td|tr|hr|nobr)(\s[^<>]*)?/?>`)
	escape = regexp.MustCompile(`\pL%20\pL|\\u[0-9a-fA-F]{4}|\\x[89a-fA-F][0-9a-fA-F]|[=%][C-Ec-e][0-9a-fA-F][=%][89abAB][0-9a-fA-F]|\pL=[C-F][0-9A-F](\pL|$)`)
)

func hasEntity(cell string) bool {
	for _, code := range entity.FindAllString(cell, -1) {
		if html.UnescapeString(code) != code {
			return true
		}
	}
	return false
}

// continues reports whether a character is what a byte 80 to BF of UTF-8 becomes when it is
// read as windows-1252 or latin-1.
func continues(r rune) bool {
	return r >= 0x80 && r <= 0xBF || r > 0xFF && strings.ContainsRune("€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ", r)
}

// window is a character with those around it; blanks beyond the ends of the text.
type window struct{ before2, before, r, after rune }

// spoiled looks at every character beyond ASCII with its neighbours, for the pairs that
// accented letters become when they are encoded twice, and for letters and signs where no
// word has them.
func spoiled(cell string, decoded bool) (what string) {
	pairs := 0
	eachWindow(cell, func(w window) bool {
		switch {
		case w.r == utf8.RuneError:
			what = lostSign
		case w.r < utf8.RuneSelf && (w.r != ' ' || w.before < utf8.RuneSelf):
		case w.twice():
			what = twice
		case w.r < utf8.RuneSelf:
		case w.misread(), decoded && w.odd(), w.circumflex():
			what = misread
		case (w.before == 'Ð' || w.before == 'Ñ') && continues(w.r):
			if pairs++; pairs > 1 {
				what = twice
			}
		}
		return what == ""
	})
	return what
}

// hasOdd reports whether a text has what is odd in one that was made of single bytes, and
// whether it is a sign alone between two words.
func hasOdd(cell string) (odd, lone bool) {
	ends := strings.HasSuffix(cell, " …")
	eachWindow(cell, func(w window) bool {
		odd = odd || w.odd()
		lone = lone || w.lone() && unicode.IsLower(w.before2) && !ends
		return !lone
	})
	return odd, lone
}

// eachWindow goes through the characters of a text, and over its end, until do says stop.
func eachWindow(cell string, do func(window) (more bool)) {
	w := window{' ', ' ', ' ', ' '}
	for i := 0; i <= len(cell); {
		next, size := ' ', 1
		if i < len(cell) {
			next, size = utf8.DecodeRuneInString(cell[i:])
		}
		i += size
		w = window{w.before, w.r, w.after, next}
		if !do(w) {
			return
		}
	}
}

// twice looks for Ã and a sign, and the like. What an honest text may have, such as É before
// a closing quote, is none.
func (w window) twice() bool {
	switch w.before {
	case 'Â', 'Ã':
		// à ends in a no-break blank, which many programs make a plain one.
		return continues(w.r) || w.r == ' ' && w.before2 == ' '
	case 'Ä', 'Å':
		return continues(w.r)
	case '€':
		return (w.before2 == 'â' || w.before2 == 'Â') && continues(w.r)
	default:
		return false
	}
}

// circumflex looks for one that stands alone: nobody writes it, and à of an old Mac becomes it.
func (w window) circumflex() bool { return w.r == 'ˆ' && w.before == ' ' && w.after == ' ' }

// odd looks for what is odd only in a text that was made of single bytes: signs and capitals
// that stand alone, as … and ˆ for à, Ë and · for À, an opening quote in No‘l, a dash in
// ao–t, a capital in dŽfinir.
func (w window) odd() bool {
	switch w.r {
	case 'Š', 'Ž', 'Œ', 'Ÿ':
		return unicode.IsLower(w.before) && unicode.IsLower(w.after)
	case '‘':
		return unicode.IsLetter(w.before2) && unicode.IsLetter(w.before) && unicode.IsLetter(w.after) && w.before != 'u' && w.before != 'd'
	case '–', '—':
		return unicode.IsLower(w.before) && unicode.IsLower(w.after)
	default:
		return w.lone()
	}
}

// lone looks for a sign that stands where a word does.
func (w window) lone() bool {
	return w.before == ' ' && w.after == ' ' && strings.ContainsRune("ˆƒ†‡‰…Ë·", w.r)
}

// misread looks for a capital in the middle of a word as in LefŠvre, for the low quote of
// H‚lŠne and so on. The first is è, the second é, of a DOS code page.
func (w window) misread() bool {
	switch r := w.r; {
	case r < 0xA0, r >= 0x2500 && r <= 0x259F: // controls, and the frames that DOS draws
		return true
	case r >= 0x530 && r <= 0x7FF: // two bytes of a DOS code page that happen to be UTF-8
		return w.before < utf8.RuneSelf && unicode.IsLetter(w.before) || w.after < utf8.RuneSelf && unicode.IsLetter(w.after)
	case !unicode.IsLetter(w.before):
		return false
	case r == '√': // é of UTF-8 on an old Mac is √©
		return true
	case strings.ContainsRune("‚„ƒ†‡ˆ‰‹", r):
		return true
	case r >= 0xE0 && r <= 0xFF && r != 'ð' && r != 'þ' && r != '÷': // small letters, as most are
		return false
	case strings.ContainsRune("¡¢£¤¥¦§¨©«¬¯±´µ¶¸»¼½¾¿×÷€™“”•˜›", r):
		return unicode.IsLetter(w.after)
	case !unicode.IsUpper(r):
		return false
	case unicode.IsLower(w.before):
		return unicode.IsLetter(w.before2) && !unicode.IsUpper(w.after)
	default:
		return strings.ContainsRune("ŠŽŸŒ", r) && unicode.IsUpper(w.before) && unicode.IsLower(w.after)
	}
}

// questionMarks looks for those that stand where a letter was. One at the end of a word may
// be meant.
func questionMarks(cell string) (found, sure bool) {
	if len(cell) > 1 && strings.Trim(cell, "? ") == "" {
		return true, true
	}
	runes := []rune(cell)
	for i := 0; i < len(runes); i++ {
		if runes[i] != '?' {
			continue
		}
		from := i
		for i+1 < len(runes) && runes[i+1] == '?' {
			i++
		}
		before := from > 0 && unicode.IsLetter(runes[from-1])
		after := i+1 < len(runes) && unicode.IsLetter(runes[i+1])
		switch {
		case before && after, !before && after && unicode.IsLower(runes[i+1]):
			return true, true
		case before:
			found = true
		}
	}
	return found, false
}

// place is that of a cell.
type place struct{ row, column int }

// evidence counts the texts of a file whose letters were changed and those that are whole,
// to tell one bad cell from a file that was damaged all over.
type evidence struct {
	damaged, healthy int
	// what and first are those of the first damaged one.
	what  string
	first place
	// lost says that letters have become question marks somewhere; then those at the end of
	// words, of which these are the places, are no questions either.
	lost      bool
	questions []place
	// signs says that characters were lost somewhere. odds are signs in
	// UTF-8 that are only doubted where other letters are damaged; lone those of them that stand
	// for a word, which are doubted unless letters show that the text is whole.
	signs      bool
	odds, lone []place
	letters    letters
}

// maxQuestions bounds how many doubtful places are kept.
const maxQuestions = 10_000

// see looks at one cell with its signs, and tells what has surely happened to it. Of a text that
// was made of single bytes some stand for nothing.
func (e *evidence) see(at place, cell string, has signs, from origin) (what string) {
	if has == high && western(cell) && !isForeign(cell, from) {
		e.healthy++
		e.letters.weigh(at, cell)
		return ""
	}
	what, sure := damage(cell, has, from)
	if from.single() && what == lostSign {
		what = misread
	}
	switch {
	case what == "":
		if has&high != 0 {
			e.seeLetters(at, cell, from.single())
		}
		return ""
	case !sure:
		if len(e.questions) < maxQuestions {
			e.questions = append(e.questions, at)
		}
		return ""
	case what == lostSign:
		e.signs = true
		return what // each such sign is seen: most other cells are as they were
	case what != twice && what != misread && what != unusual && what != lostLetters:
		return what
	}
	e.lost = e.lost || what == lostLetters
	if e.damaged++; e.damaged == 1 {
		e.what, e.first = what, at
	}
	return what
}

// seeLetters looks at a text with letters beyond ASCII and no plain damage.
func (e *evidence) seeLetters(at place, cell string, decoded bool) {
	if healthy(cell) {
		e.healthy++
	}
	if !decoded && len(e.odds) < maxQuestions {
		odd, lone := hasOdd(cell)
		if odd {
			e.odds = append(e.odds, at)
		}
		if lone {
			e.lone = append(e.lone, at)
		}
	}
	e.letters.weigh(at, cell)
}

// doubtful are the cells that only in company mean damage, with what has happened to them.
func (e *evidence) doubtful() (places []place, what string) {
	switch {
	case e.lost:
		return e.questions, lostLetters
	case e.damaged > 0 || e.signs:
		return e.odds, misread
	case !e.letters.settled():
		return e.lone, misread
	default:
		return nil, ""
	}
}

// isolated is how many whole texts there must be for one that is damaged, so that the file
// as a whole is not in doubt.
const isolated = 10

// widespread reports whether the text of the file cannot be trusted anywhere: too many texts
// are damaged or, by a margin, its letters make more sense in another encoding.
func (e *evidence) widespread(margin int) bool {
	if e.damaged > 0 && e.damaged*isolated > e.healthy {
		return true
	}
	at, doubted := e.letters.doubt(margin)
	if doubted {
		e.damaged, e.what, e.first = 1, misread, at
	}
	return doubted
}

// sentence says why no row of the file is used, and what to do.
func (e *evidence) sentence(encoding string, guessed bool) string {
	where := "cell " + finding.Cell(e.first.row, e.first.column)
	if e.damaged > 1 {
		where = fmt.Sprintf("%s and %d more", where, e.damaged-1)
	}
	single := encoding != UTF8 && encoding != UTF16 && encoding != XLSX
	switch {
	case single && !guessed && e.what == twice:
		return fmt.Sprintf("encoding: %s is set, but the file is in UTF-8, as %s show: take the setting out, or set encoding: utf-8", encoding, where)
	case single && !guessed:
		return fmt.Sprintf("encoding: %s is set, but the file is in another one, as %s show: set the right one, or have it written in UTF-8", encoding, where)
	case single:
		return "the file is not UTF-8, and wrong as windows-1252 in " + where + ": have it written in UTF-8, or set encoding: to what shows its names right"
	default:
		return "the text was damaged before it came here, in " + where + ", which " + e.what + ": have the program that writes the file write whole text in UTF-8"
	}
}
