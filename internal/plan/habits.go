package plan

import (
	"fmt"
	"slices"
	"strings"

	"lucca-exchange/internal/roster"
)

// habits are how values in Lucca are written, by which those of a file that are not whole are known.
type habits struct {
	// of are those of each column, by its name.
	of map[string]habit
	// accented: some addresses have letters beyond ASCII.
	accented bool
}

// habit is how the values of one property are written. A custom field has one where it is a text, or
// Lucca does not tell what it holds.
type habit struct {
	// whole: nearly all numbers, or values of a custom field, have nothing but digits; width is how
	// many nearly all of those have, some of which begin with 0; 0 when they have no such form.
	whole bool
	width int
	// decimal: nearly all values of a custom field, whose kind Lucca does not tell, are numbers, some
	// with decimals. fine: some have three decimals or more; parts: some have any.
	decimal, fine, parts bool
	// untyped: no value is a date, or true or false; worded: none is a whole number.
	untyped, worded bool
	// prefixed: nearly all phones begin with + or 0; french: nearly all are those of France.
	prefixed, french bool
}

// many is how many values make a habit.
const many = 5

// habitsOf looks at the values that Lucca has for some columns. Where it has too few phones, the
// language of new employees tells: French, German, Belgian and British numbers begin with 0.
func habitsOf(people *roster.Roster, columns []column, culture string) habits {
	all := habits{of: make(map[string]habit, len(columns))}
	for i := range columns {
		c := &columns[i]
		var h habit
		switch c.Kind {
		case roster.Number:
			h.width, h.whole = widthOf(people, c), usual(people, c, allDigits)
		case roster.Phone:
			n, having := tally(people, c, func(text string) bool { return strings.IndexByte("+0(", text[0]) >= 0 })
			h.prefixed = 10*having >= 9*n && (n >= many || slices.Contains([]string{"fr-FR", "de-DE", "nl-BE", "en-GB"}, culture))
			h.french = n < many && culture == "fr-FR" || usual(people, c, isFrench)
		case roster.Text:
			h.worded = never(people, c, allDigits)
		case roster.MailAddress:
			_, beyond := tally(people, c, func(text string) bool { return !ascii(text) })
			all.accented = all.accented || beyond > 0
		case roster.Custom:
			h = habitOfField(people, c)
		}
		all.of[c.name] = h
	}
	return all
}

// habitOfField looks at the values of a custom field, which show what it holds.
func habitOfField(people *roster.Roster, c *column) (h habit) {
	f, defined := people.Field(c.Code)
	_, parts := tally(people, c, func(text string) bool { return strings.ContainsAny(text, ".,") && decimalNumber.MatchString(text) })
	_, fine := tally(people, c, fineNumber.MatchString)
	h.parts, h.fine = parts > 0, fine > 0
	if f.Kind != roster.TextField {
		return h
	}
	h.whole, h.width = usual(people, c, allDigits), widthOf(people, c)
	h.decimal = !defined && !h.whole && usual(people, c, decimalNumber.MatchString)
	h.untyped, h.worded = never(people, c, isTyped), never(people, c, allDigits)
	return h
}

// never reports whether no value of a property in Lucca, of several, has a form.
func never(people *roster.Roster, c *column, has func(string) bool) bool {
	all, having := tally(people, c, has)
	return all >= many && having == 0
}

// lost tells whether a value is one that a spreadsheet took something from, or that belongs elsewhere.
// The employee is nil for somebody new.
func (h habit) lost(e *roster.Employee, c *column, text string) *problem {
	switch c.Kind {
	case roster.Custom:
		return h.lostField(e, c, text)
	case roster.Number:
		return h.lostNumber(e, text)
	case roster.Phone:
		return h.lostPhone(e, c, dialled(text))
	}
	if c.name == "jobTitle" && h.worded && allDigits(text) {
		return &problem{"misplaced_value", "is a number, where those in Lucca are words: see which column it belongs to"}
	}
	return nil
}

func (h habit) lostNumber(e *roster.Employee, text string) *problem {
	switch {
	case h.whole && hasDigitLike(text):
		return digitLike
	case !allDigits(text), e != nil && bareNumber(text) == bareNumber(e.EmployeeNumber): // checkNumber says more
		return nil
	case len(text) < h.width:
		return &problem{"leading_zeros", fmt.Sprintf("has %d digits, where the numbers in Lucca have %d, with zeros in front: a spreadsheet drops them, so make the column a text, or set pad: {employeenumber: %d}", len(text), h.width, h.width)}
	default:
		return nil
	}
}

func (h habit) lostPhone(e *roster.Employee, c *column, text string) *problem {
	switch {
	case hasDigitLike(text):
		return digitLike
	case !allDigits(text), text[0] == '0':
		return nil
	case e != nil && lostPrefix(c.Text(e), text):
		return &problem{"leading_zeros", "is the number that Lucca has, without its + or its first zero: a spreadsheet drops them, so make the column a text"}
	case len(text) > 7 && h.prefixed:
		return &problem{"leading_zeros", "begins with neither + nor 0, as phone numbers here do: a spreadsheet drops them, so make the column a text, and write foreign ones with + and the country"}
	default:
		return nil
	}
}

var digitLike = &problem{"look_alike", "holds a letter that looks like a digit, such as O for 0: type it anew"}

// asDigits reads letters as the digits that they look like.
var asDigits = strings.NewReplacer("O", "0", "o", "0", "I", "1", "l", "1", "+", "")

// hasDigitLike reports whether a number would have digits only but for letters that look like them.
func hasDigitLike(text string) bool {
	return strings.ContainsAny(text, "OoIl") && allDigits(asDigits.Replace(text))
}

// lostField is lost for a custom field of a kind that Lucca does not tell.
func (h habit) lostField(e *roster.Employee, c *column, text string) *problem {
	switch {
	case h.whole && (isFloat(text) || hasThousands(text)):
		return &problem{"spreadsheet_damage", "is a number with decimals or with groups of thousands, where Lucca has whole ones: make the column a text, and write the digits only"}
	case h.untyped && isTyped(text):
		return &problem{"spreadsheet_damage", "is a date, or true or false, where Lucca has other values: make the column a text in the spreadsheet, and type the value anew"}
	case !allDigits(text):
		return nil
	case h.worded && h.untyped && isSerial(text):
		return &problem{"spreadsheet_damage", "is the number by which a spreadsheet counts a day, where Lucca has other values: make the column a text there, and type the value anew"}
	case e != nil && len(text) < len(c.Text(e)) && bareNumber(text) == bareNumber(c.Text(e)):
		return &problem{"leading_zeros", "is the value that Lucca has, without its first zeros: a spreadsheet drops them, so make the column a text"}
	case len(text) < h.width:
		return &problem{"leading_zeros", fmt.Sprintf("has %d digits, where the values in Lucca have %d, with zeros in front: a spreadsheet drops them, so make the column a text", len(text), h.width)}
	default:
		return nil
	}
}

// isSerial reports whether a number is a day of 1954 to 2064 as spreadsheets count them.
func isSerial(text string) bool {
	return len(text) == len("20000") && text >= "20000" && text <= "60000"
}

// cutFrom reports whether a text is another one without its end.
func cutFrom(text, whole string) bool {
	return len(text) < len(whole) && strings.HasPrefix(whole, text)
}

// dialled is a phone number without what people set between its digits, but for a + in front.
func dialled(text string) string {
	return keep(text, func(r rune) bool { return !strings.ContainsRune(" ().-/,'’\u00a0\u202f", r) })
}

// lostPrefix reports whether a text of digits is a number without the + or the zeros, or
// without the + and the code of the country, before it.
func lostPrefix(number, text string) bool {
	digits := keep(number, isDigit)
	if digits == "" || number == text {
		return false
	}
	bare := strings.TrimLeft(digits, "0")
	if bare == text {
		return true
	}
	if strings.HasPrefix(number, "+") || strings.HasPrefix(digits, "00") {
		return len(text) > 6 && strings.HasSuffix(bare, text) && len(bare)-len(text) <= len("999")
	}
	return len(bare) > 6 && strings.HasSuffix(text, bare) && len(text)-len(bare) <= len("999")
}

// usual reports whether nearly all values of a property in Lucca have a form.
func usual(people *roster.Roster, c *column, has func(string) bool) bool {
	all, having := tally(people, c, has)
	return all >= many && 10*having >= 9*all
}

// tally counts the values of a property in Lucca, and those of them that have a form.
func tally(people *roster.Roster, c *column, has func(string) bool) (all, having int) {
	for _, e := range people.Employees() {
		if text := c.Text(e); text != "" {
			all++
			if has(text) {
				having++
			}
		}
	}
	return all, having
}

// widthOf is how many digits nearly all numbers of a property in Lucca have, where some of them
// begin with 0; 0 for no such form.
func widthOf(people *roster.Roster, c *column) int {
	widths := make(map[int]int)
	all, zeros, most := 0, false, 0
	for _, e := range people.Employees() {
		text := c.Text(e)
		if !allDigits(text) {
			continue
		}
		all++
		zeros = zeros || text[0] == '0'
		n := len(text)
		if widths[n]++; widths[n] > widths[most] {
			most = n
		}
	}
	if all < many || !zeros || 10*widths[most] < 9*all {
		return 0
	}
	return most
}
