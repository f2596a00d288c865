package learn

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/tabular"
)

// columns finds out what each column means: first those whose header leaves no choice, then
// those of several meanings, by what is left of these, by their values and by Lucca.
func (k *look) columns() {
	known := knownOf(k.in.People)
	for i := range k.cols {
		k.settled(&k.cols[i])
	}
	twins(k)
	for i := range k.cols {
		if c := &k.cols[i]; c.code == "" && len(c.codes) == 1 {
			k.byHeader(c, known)
		}
	}
	for i := range k.cols {
		if k.cols[i].code == "" {
			k.byElimination(&k.cols[i], known)
		}
	}
	for i := range k.cols {
		k.addColumn(&k.cols[i])
	}
}

// settled are columns about which nothing is to be found out: they have Lucca's own code, or
// the flow or somebody says what they are.
func (k *look) settled(c *column) {
	if answer, ok := k.in.Answers[c.id()]; ok {
		if code := k.codeOf(answer); code != "" {
			k.asked[c.id()] = true
			c.decide(code, Certain, "as you say")
			return
		}
	}
	for text, code := range k.known.Columns {
		if tabular.Clean(text) != "" && fold(text) == fold(c.header) {
			c.decide(code, Certain, "as the flow has it")
			return
		}
	}
	if slices.ContainsFunc(k.known.Ignore, func(t string) bool { return fold(t) == fold(c.header) }) {
		c.decide(Ignore, Certain, "as the flow has it")
		return
	}
	if code, ok := k.words.codes.Of(c.header); ok {
		c.decide(code, Certain, "Lucca's own code")
	}
}

// codeOf is the code that an answer about a column means; empty when it is none.
func (k *look) codeOf(answer string) string {
	if answer == Ignore || answer == WholeName {
		return answer
	}
	code, _ := k.words.codes.Of(answer)
	return code
}

func (c *column) decide(code string, sure Confidence, because string) {
	c.code, c.sure, c.because = code, sure, because
}

// taken reports whether another column has a code.
func (k *look) taken(code string, by *column) bool {
	if code == Ignore {
		return false
	}
	return slices.ContainsFunc(k.cols, func(c column) bool { return c.index != by.index && c.code == code })
}

// twins finds columns that could only mean the same: which one is meant is asked.
func twins(k *look) {
	var again []*column
	for i := range k.cols {
		c := &k.cols[i]
		if c.code != "" || len(c.codes) != 1 || c.codes[0] == Ignore {
			continue
		}
		if slices.ContainsFunc(k.cols, func(o column) bool {
			return o.index != c.index && (o.code == c.codes[0] || o.code == "" && len(o.codes) == 1 && o.codes[0] == c.codes[0])
		}) {
			again = append(again, c)
		}
	}
	for _, c := range again {
		c.codes = append(slices.Clone(c.codes), Ignore)
	}
}

// byHeader settles a column whose header means one thing, unless its values contradict.
func (k *look) byHeader(c *column, known knowledge) {
	code := c.codes[0]
	switch fits, strong := c.fits(code); {
	case code == Ignore:
		c.decide(Ignore, Likely, "Lucca's user has no place for it")
	case c.filled == 0:
		c.decide(code, Likely, "by its header; all cells are blank")
	case !fits:
		k.inDoubt(c, []string{code, Ignore}, fmt.Sprintf("the header says %s, its cells do not look so", code))
	case known.share(code, c) >= half:
		c.decide(code, Certain, fmt.Sprintf("by its header; %s", known.evidence(code, c)))
	case strong:
		c.decide(code, Certain, "by its header and its cells")
	default:
		c.decide(code, Likely, "by its header")
	}
}

// half is the share of a column's texts that Lucca has to know for being a sign.
const half = 0.5

// byElimination settles a column of several meanings if only one of them is left.
func (k *look) byElimination(c *column, known knowledge) {
	left := slices.DeleteFunc(slices.Clone(c.codes), func(code string) bool {
		fits, _ := c.fits(code)
		return k.taken(code, c) || code != Ignore && c.filled > 0 && !fits
	})
	left = k.nameOrLast(c, left)
	if len(left) == 1 && left[0] == Ignore && len(c.codes) > 1 {
		c.decide(Ignore, Likely, "another column has what it may mean")
		return
	}
	if len(left) == 1 && left[0] != Ignore && len(c.codes) > 0 && !slices.Contains(c.codes, Ignore) {
		c.decide(left[0], Likely, "by its header and the other columns")
		return
	}
	if code := known.best(c, left); code != "" && slices.Contains(left, code) {
		c.decide(code, Certain, fmt.Sprintf("by its header; %s", known.evidence(code, c)))
		return
	}
	switch guess := known.best(c, known.codes()); {
	case len(left) == 0 && guess != "" && !k.taken(guess, c):
		k.inDoubt(c, []string{guess, Ignore}, known.evidence(guess, c))
	case len(left) == 0 && len(c.codes) > 0:
		k.inDoubt(c, []string{Ignore}, "another column has what this header says")
	case len(left) == 0:
		k.inDoubt(c, append(k.byLook(c), Ignore), "the header is unknown")
	default:
		k.inDoubt(c, slices.Compact(append(left, Ignore)), "the header has several meanings")
	}
}

// nameOrLast tells a last name from a whole name: beside a first name it is the last.
func (k *look) nameOrLast(c *column, left []string) []string {
	if !slices.Contains(left, WholeName) || !slices.Contains(left, plan.LastName) && len(left) > 1 {
		return left
	}
	first := slices.ContainsFunc(k.cols, func(o column) bool {
		return o.code == plan.FirstName || o.code == "" && slices.Equal(o.codes, []string{plan.FirstName})
	})
	switch {
	case first:
		return slices.DeleteFunc(left, func(code string) bool { return code == WholeName })
	case c.most(c.severalWords):
		return []string{WholeName}
	default:
		return left
	}
}

// byLook are the codes that no column has, and that hardly anything else looks like than the
// cells of a column: dates, addresses and phone numbers.
func (k *look) byLook(c *column) []string {
	var codes []string
	for _, p := range roster.Properties() {
		if p.Code == "" || k.taken(p.Code, c) || c.filled == 0 {
			continue
		}
		fits, strong := c.fits(p.Code)
		if fits && strong && (p.Kind == roster.Day || p.Kind == roster.MailAddress || p.Kind == roster.Phone) {
			codes = append(codes, p.Code)
		}
	}
	return codes
}

// inDoubt asks what a column means. Until somebody says, it is in no column of the section,
// so that an import refuses the file.
func (k *look) inDoubt(c *column, codes []string, because string) {
	d := Doubt{ID: c.id(), Question: fmt.Sprintf("What is column %s, %q?", c.letters(), c.header), Free: true}
	for _, code := range codes {
		d.Choices = append(d.Choices, Choice{code, k.words.meaning(code)})
	}
	k.asked[d.ID] = true
	k.lesson.Doubts = append(k.lesson.Doubts, d)
	c.decide("", Unsettled, because)
}

// meaning says what a code is, for somebody who knows the file and not Lucca.
func (d dictionary) meaning(code string) string {
	switch code {
	case Ignore:
		return "leave the column out"
	case WholeName:
		return "first and last name together"
	}
	if title := d.codes.Title(code); title != "" {
		return strings.ToLower(title[:1]) + title[1:]
	}
	return "the property " + code
}

// addColumn writes what a column means into the section.
func (k *look) addColumn(c *column) {
	k.lesson.Columns = append(k.lesson.Columns, Column{c.letters(), c.header, c.code, c.sure, c.because})
	own, isOwn := k.words.codes.Of(c.header)
	if k.in.Hires != nil {
		own, isOwn = c.header, true
	}
	switch {
	case c.code == "" || isOwn && strings.EqualFold(own, c.code):
	case c.code == Ignore:
		k.section.Ignore = append(k.section.Ignore, c.header)
	case c.code == WholeName:
		wholeName(k, c)
	default:
		if k.section.Columns == nil {
			k.section.Columns = make(map[string]string)
		}
		k.section.Columns[c.header] = c.code
	}
}

// wholeName asks for the order of the two names, where the header does not tell it.
func wholeName(k *look, c *column) {
	k.section.Name.Column = c.header
	if k.section.Name.Told() {
		return
	}
	d := Doubt{ID: "order", Question: fmt.Sprintf("Which name comes first in %q?", c.header), Choices: []Choice{{"last first", "such as DUPONT Anne"}, {"first last", "such as Anne DUPONT"}}}
	if comma := c.count(func(text string) bool { return strings.Contains(text, ",") }); c.most(comma) {
		k.section.Name.Order = "last first"
	} else if answer, ok := k.ask(d); ok {
		k.section.Name.Order = answer
	}
}

// count is the number of cells with texts of a kind.
func (c *cells) count(is func(string) bool) int {
	n := 0
	for text, cells := range c.texts {
		if is(text) {
			n += cells
		}
	}
	return n
}

// sorted are the different texts of a column.
func (c *cells) sorted() []string { return slices.Sorted(maps.Keys(c.texts)) }

// fits reports whether the cells of a column can be what a code holds, and whether hardly
// anything else looks like that.
func (c *column) fits(code string) (fits, strong bool) {
	if c.filled == 0 || code == Ignore {
		return true, false
	}
	dates := c.textDates() + c.dated
	p, ok := roster.PropertyOf(code)
	if code == WholeName {
		p.Kind, ok = roster.FamilyName, true
	}
	if !ok {
		return true, false
	}
	switch p.Kind {
	case roster.Day:
		return c.most(dates), true
	case roster.MailAddress:
		return c.most(c.mails), true
	case roster.Phone:
		return c.most(c.phones + c.digits), c.most(c.phones)
	case roster.Number:
		return c.most(c.digits + c.numbers), c.most(c.digits)
	case roster.GenderWord:
		return c.most(c.count(func(t string) bool { return genderOf(t) != "" || t == "1" || t == "2" })), true
	case roster.GivenName, roster.FamilyName:
		return c.most(c.words), false
	case roster.LoginText:
		return !c.most(dates) && !c.most(c.severalWords), false
	case roster.Country:
		return c.most(c.count(func(t string) bool { return len(t) == 2 })), true
	case roster.ManagerID, roster.Custom, roster.SectionID:
		return !c.most(dates) || p.Kind != roster.ManagerID, false
	default:
		return !c.most(dates) && !c.most(c.mails), false
	}
}
