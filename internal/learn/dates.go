package learn

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"lucca-exchange/internal/roster"
)

// shape is how some dates of a column are written: with digits as 9.
type shape struct {
	count int
	// a and b are the greatest first and second numbers.
	a, b int
}

// timed is the time of the day after a date.
var timed = regexp.MustCompile(`[T ]\d\d?:\d\d.*$`)

// dated are the shapes that dates have, with a group for each number.
var dated = regexp.MustCompile(`^(?:(\d{1,2})([/.-])(\d{1,2})[/.-](\d{4}|\d{2})|(\d{4})([/.-])(\d{2})[/.-](\d{2})|((?:19|20|99)\d{2})(\d{2})(\d{2}))$`)

// seeDate counts a text if it is a date.
func (c *cells) seeDate(text string) bool {
	if len(text) < len("1/1/26") || len(text) > len("2026-11-28T00:00:00.000+01:00") {
		return false
	}
	text = timed.ReplaceAllString(text, "")
	m := dated.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	key := digit.ReplaceAllString(text, "9")
	s := c.shapes[key]
	s.count++
	switch {
	case m[1] != "":
		if number(m[1]) > 31 || number(m[3]) > 31 {
			return false
		}
		s.a, s.b = max(s.a, number(m[1])), max(s.b, number(m[3]))
	case m[9] != "" && (number(m[10]) > 12 || number(m[11]) > 31):
		return false // a number of eight digits
	}
	c.shapes[key] = s
	return true
}

var digit = regexp.MustCompile(`\d`)

func number(digits string) int {
	n := 0
	for _, d := range digits {
		n = n*10 + int(d-'0')
	}
	return n
}

// textDates counts the dates that are texts.
func (c *cells) textDates() int {
	n := 0
	for _, s := range c.shapes {
		n += s.count
	}
	return n
}

// order is that of day and month in a file.
type order struct {
	shapes map[string]shape
	a, b   int
	dots   bool
	count  int
}

// learnDates finds how the columns of dates are written, and in which order.
func learnDates(k *look) {
	o := order{shapes: make(map[string]shape), dots: true}
	for i := range k.cols {
		if p, ok := roster.PropertyOf(k.cols[i].code); k.cols[i].code != hiredAt && (!ok || p.Kind != roster.Day) {
			continue
		}
		for key, s := range k.cols[i].shapes {
			sum := o.shapes[key]
			o.shapes[key] = shape{sum.count + s.count, max(sum.a, s.a), max(sum.b, s.b)}
			if o.count += s.count; !yearFirst(key) {
				o.a, o.b, o.dots = max(o.a, s.a), max(o.b, s.b), o.dots && strings.Contains(key, ".")
			}
		}
	}
	if o.count == 0 {
		return
	}
	monthFirst, sure, because := learnOrder(k, o)
	var patterns []string
	for _, key := range keysByCount(o.shapes) {
		if p := patternOf(key, monthFirst); !covered(patterns, p) {
			patterns = append(patterns, p)
		}
	}
	patterns = withoutCovered(patterns)
	k.fact("dates", strings.Join(patterns, " or "), sure, "%s", because)
	if !slices.Equal(patterns, []string{"DD/MM/YYYY"}) {
		k.section.Dates = patterns
	}
	if slices.ContainsFunc(patterns, func(p string) bool { return !strings.Contains(p, "YYYY") }) {
		k.notef("Years of two digits mean 1940 to 2039; years_from: sets another first year.")
	}
}

// learnOrder tells whether the month comes first.
func learnOrder(k *look, o order) (monthFirst bool, sure Confidence, because string) {
	switch {
	case o.a == 0:
		return false, Certain, "the year comes first"
	case o.a > 12 && o.b > 12:
		k.notef("Some dates can only have the day first and others only the month: the program that writes the file has to be mended.")
		return false, Unsettled, "some have the day first and some the month"
	case o.a > 12:
		return false, Certain, fmt.Sprintf("the first number goes up to %d", o.a)
	case o.b > 12:
		return true, Certain, fmt.Sprintf("the second number goes up to %d", o.b)
	case o.dots:
		return false, Likely, "dates with points have the day first"
	}
	answer, ok := k.ask(Doubt{
		ID: "dates", Question: "What comes first in the dates? None has a number over 12.",
		Choices: []Choice{{"day", "03/04/2026 is 3 April"}, {"month", "03/04/2026 is 4 March"}},
	})
	if !ok {
		return false, Unsettled, "no number is over 12: day or month may come first"
	}
	return answer == "month", Certain, "as you say"
}

// yearFirst reports whether a shape begins with the year.
func yearFirst(key string) bool { return strings.HasPrefix(key, "9999") }

// patternOf writes a shape as the option dates does.
func patternOf(key string, monthFirst bool) string {
	if yearFirst(key) {
		return "YYYY" + afterYear(key[4:])
	}
	sep := strings.Trim(key[:3], "9")
	parts := strings.Split(key, sep)
	first, second := "D", "M"
	if monthFirst {
		first, second = second, first
	}
	if len(parts[0]) == 2 && len(parts[1]) == 2 {
		first, second = first+first, second+second
	}
	return first + sep + second + sep + strings.Repeat("Y", len(parts[2]))
}

func afterYear(rest string) string {
	if rest == "9999" {
		return "MMDD"
	}
	return rest[:1] + "MM" + rest[3:4] + "DD"
}

// covered reports whether a pattern of single letters, which reads two digits too, is among
// others that differ in that alone.
func covered(patterns []string, p string) bool {
	return slices.ContainsFunc(patterns, func(q string) bool { return p == q || p != q && single(p) == q })
}

// withoutCovered leaves out what a later pattern reads too.
func withoutCovered(patterns []string) []string {
	return slices.DeleteFunc(slices.Clone(patterns), func(p string) bool { return single(p) != p && slices.Contains(patterns, single(p)) })
}

// single is a pattern with one letter for day and month.
func single(p string) string {
	if strings.HasPrefix(p, "YYYY") {
		return p
	}
	return strings.NewReplacer("DD", "D", "MM", "M").Replace(p)
}

func keysByCount(shapes map[string]shape) []string {
	keys := make([]string, 0, len(shapes))
	for key := range shapes {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if d := shapes[b].count - shapes[a].count; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return keys
}
