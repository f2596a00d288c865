package plan

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"lucca-exchange/internal/roster"
)

// permuted reports whether the values of some moves are all there before and after.
func permuted(list []move) bool {
	count := make(map[string]int)
	for _, v := range list {
		count[v.from]++
		count[v.to]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

// judgeColumn doubts values that a spreadsheet or a program may have made all along a column:
// filled down from the first of them, or cut at a width.
func (m moves) judgeColumn(code string, r *report, changes []change) {
	for _, v := range filled(code, m[code]) {
		if c := &changes[v.at]; !c.rejected {
			c.doubts[filledValue] = true
			r.say(c.draft.row, warning("filled_down", code, "is the value of the row before, or one more: see whether a spreadsheet has filled the column down"))
		}
	}
	for _, v := range cutTexts(code, m[code]) {
		if c := &changes[v.at]; !c.rejected {
			c.doubts[cutText] = true
			r.say(c.draft.row, warning("text_cut", code, "is the beginning of what Lucca has, and ends inside a word: see whether the file has cut it"))
		}
	}
}

// filled are the moves of rows one after the other to the same value, of a property of which
// hardly two people have the same, or each to one more than the row before; of job titles and other
// texts, such as Team 1 and Team 2, that tells nothing.
func filled(code string, list []move) []move {
	var all []move
	list = byRow(list)
	alike := slices.Contains(personal, code)
	prop, _ := propertyOf(code)
	counted := alike || prop.Kind == roster.Number // direct lines are given out one after the other
	same := func(a, b move) bool { return alike && a.to == b.to }
	rising := func(a, b move) bool {
		return counted && a.from != "" && b.from != "" && a.from != b.from && follows(a.to, b.to)
	}
	for from := 0; from < len(list); {
		to := from + 1
		for _, as := range []func(a, b move) bool{same, rising} {
			n := from + 1
			for n < len(list) && list[n].row == list[n-1].row+1 && as(list[n-1], list[n]) {
				n++
			}
			if n-from >= fewest || n-from == len(list) && n > 1 && same(list[0], list[1]) {
				all, to = append(all, list[from:n]...), n
				break
			}
		}
		from = to
	}
	return all
}

// follows reports whether a text is another one whose number at the end is one more.
func follows(a, b string) bool {
	head, n := ending(a)
	next, m := ending(b)
	return n >= 0 && head == next && m == n+1
}

// ending divides a text before its last digits, so few that they are a number; -1 for none.
func ending(text string) (head string, number int) {
	const most = 9 // digits
	at := len(text)
	for at > 0 && len(text)-at < most && text[at-1] >= '0' && text[at-1] <= '9' {
		at--
	}
	n, err := strconv.Atoi(text[at:])
	if err != nil {
		return text, -1
	}
	return text[:at], n
}

// cutTexts are the moves to what is the beginning of what was there, cut inside a word: a last
// name that lacks two letters or more, or other texts of several rows that have one length, as a
// program cuts them.
func cutTexts(code string, list []move) []move {
	prop, _ := propertyOf(code)
	if prop.Kind != roster.FamilyName && prop.Kind != roster.GivenName && prop.Kind != roster.Text {
		return nil
	}
	var cut []move
	lengths := make(map[int]int)
	for _, v := range list {
		rest, begins := strings.CutPrefix(v.from, v.to)
		if begins && len(rest) > 1 && rest[0] != ' ' && v.to != "" {
			cut = append(cut, v)
			lengths[utf8.RuneCountInString(v.to)]++
		}
	}
	return slices.DeleteFunc(cut, func(v move) bool {
		return prop.Kind != roster.FamilyName && lengths[utf8.RuneCountInString(v.to)] < 2
	})
}
