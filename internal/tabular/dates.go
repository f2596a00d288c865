package tabular

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// ownDate is how Lucca's file, and the plan, write a date.
const ownDate = "DD/MM/YYYY"

// DateForms are the ways in which the dates of a flow's files are written. The zero value reads
// every text as it is, and wants DD/MM/YYYY.
type DateForms struct {
	patterns, layouts []string
	// monthFirst is what a pattern with the month before the day says.
	monthFirst bool
	// short: a pattern has a year of two digits, from is the first that these can mean.
	short bool
	from  int
}

// datePart is a piece of a pattern with what it means to package time.
var datePart = regexp.MustCompile(`YYYY|YY|MM|M|DD|D`)

// defaultYearsFrom is the first year that two digits mean: nobody at work was born before, and
// few contracts end after 2039. What is neither is an implausible date, which is rejected.
const defaultYearsFrom = 1940

// NewDateForms reads patterns; the message says what is wrong with one. From is the first
// year that two digits mean, or 0 for the default.
func NewDateForms(patterns []string, from int) (f DateForms, message string) {
	f.from = cmp.Or(from, defaultYearsFrom)
	first := ""
	for _, p := range patterns {
		layout, order := patternLayout(p)
		if layout == "" {
			return f, fmt.Sprintf("want a pattern of YYYY or YY, MM or M and DD or D with / - . or blanks between, like DD/MM/YYYY, not %q", p)
		}
		if order != "" && first != "" && order != first {
			return f, "one pattern has the day first and another the month: which is which could not be told"
		}
		if order != "" {
			first = order
		}
		f.short = f.short || !strings.Contains(p, "YYYY")
		f.patterns, f.layouts = append(f.patterns, p), append(f.layouts, layout)
	}
	f.monthFirst = first == "M"
	return f, ""
}

// FaultOfYears says what is wrong with the first year that two digits mean under patterns, or
// nothing.
func FaultOfYears(from int, patterns []string) string {
	switch {
	case from == 0:
		return ""
	case from < 1901 || from > 2000:
		return "want a year from 1901 to 2000"
	case !slices.ContainsFunc(patterns, func(p string) bool { return !strings.Contains(p, "YYYY") }):
		return "no pattern under dates: has YY"
	default:
		return ""
	}
}

// patternLayout turns a pattern into a layout of package time. Order is the letter of what
// comes first when that is not the year.
func patternLayout(pattern string) (layout, order string) {
	parts := datePart.FindAllString(pattern, -1)
	if len(parts) != 3 || strings.Trim(datePart.ReplaceAllString(pattern, ""), "/-. ") != "" {
		return "", ""
	}
	seen := ""
	for _, part := range parts {
		seen += part[:1]
	}
	switch seen {
	case "DMY", "MDY":
		order = seen[:1]
	case "YMD":
		if !strings.Contains(pattern, "YYYY") {
			return "", "" // 05-03-62 could be any of the three
		}
	default:
		return "", ""
	}
	if (strings.Contains(pattern, "DD") != strings.Contains(pattern, "MM")) || len(pattern) < len("YYYYMMDD") && !strings.ContainsAny(pattern, "/-. ") {
		return "", ""
	}
	return strings.NewReplacer("YYYY", "2006", "YY", "06", "MM", "01", "M", "1", "DD", "02", "D", "2").Replace(pattern), order
}

// IsZero reports whether there are no patterns.
func (f DateForms) IsZero() bool { return len(f.patterns) == 0 }

// Read turns a date into DD/MM/YYYY.
func (f DateForms) Read(text string) (day string, ok bool) {
	for i, layout := range f.layouts {
		if t, err := time.Parse(layout, text); err == nil {
			return f.century(t, f.patterns[i]).Format("02/01/2006"), true
		}
	}
	return text, len(f.layouts) == 0
}

// century puts a year of two digits into the hundred years that the flow means, of which
// 1900, in which there is no 29 February, is none.
func (f DateForms) century(t time.Time, pattern string) time.Time {
	if strings.Contains(pattern, "YYYY") {
		return t
	}
	year := f.from + ((t.Year()-f.from)%100+100)%100
	return time.Date(year, t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// Write is how a date of a workbook, DD/MM/YYYY, is written in a file of the flow.
func (f DateForms) Write(day string) string {
	t, err := time.Parse("02/01/2006", day)
	if err != nil || len(f.layouts) == 0 {
		return day
	}
	text := t.Format(f.layouts[0])
	if again, _ := f.Read(text); again != day {
		return day // two digits would mean another year
	}
	return text
}

// Want says how dates are to be written.
func (f DateForms) Want() string {
	if len(f.patterns) == 0 {
		return ownDate
	}
	return strings.Join(f.patterns, " or ")
}

// midnight is the time of the day that databases add to a date, which says nothing.
var midnight = regexp.MustCompile(`^(.*\d)(?:[T ]0?0:00(?::00(?:[.,]0+)?)?|[T ]12:00(?::00)? ?AM)(?:Z|[+-]\d\d:?\d\d)?$`)

// WithoutMidnight takes off a time of the day that is midnight.
func WithoutMidnight(text string) string {
	if len(text) <= len(ownDate) {
		return text
	}
	if m := midnight.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return text
}

// NumericDate takes a date apart whose day and month could be taken for each other: one or
// two digits twice, then the year, with / . or - between.
func NumericDate(text string) (a, b int, ok bool) {
	return dayAndMonth(text, len("2026"))
}

// dayAndMonth does so with a year of so many digits.
func dayAndMonth(text string, digits int) (a, b int, ok bool) {
	year := len(text) - digits - 1
	if year < len("1/1") || year > len("01/12") || strings.IndexByte("/.-", text[year]) < 0 || !OnlyDigits(text[year+1:]) {
		return 0, 0, false
	}
	at := strings.IndexAny(text[:year], "/.-")
	if at < 1 || at > 2 || year-at-1 < 1 || year-at-1 > 2 || !OnlyDigits(text[:at]) || !OnlyDigits(text[at+1:year]) {
		return 0, 0, false
	}
	return number(text[:at]), number(text[at+1 : year]), true
}

// DateOrder collects what the dates of a file tell about the order of day and month.
type DateOrder struct {
	// against are the dates that can only be in the other order than expected, the first of
	// them beside the count; with are those in the expected one.
	against, with int
	row, column   int
	// both are the dates that are two days.
	both int
}

// See looks at one date.
func (o *DateOrder) See(row, column int, text string, f DateForms) {
	a, b, ok := NumericDate(text)
	if !ok && f.short {
		a, b, ok = dayAndMonth(text, len("26"))
	}
	if !ok {
		return
	}
	if f.monthFirst {
		a, b = b, a
	}
	switch {
	case a > 12 && a <= 31 && b >= 1 && b <= 12:
		o.with++
	case b > 12 && b <= 31 && a >= 1 && a <= 12:
		if o.against++; o.against == 1 {
			o.row, o.column = row, column
		}
	case a != b && a >= 1 && a <= 12 && b >= 1 && b <= 12:
		o.both++
	}
}

// Open reports whether every date of the file that tells something can be read both ways.
func (o *DateOrder) Open() bool { return o.both > 0 && o.with == 0 && o.against == 0 }

// Doubt returns where the first date is that can only be in the other order than expected.
func (o *DateOrder) Doubt() (row, column int, doubt bool) { return o.row, o.column, o.against > 0 }

// Message says why no date of the file can be read.
func (o *DateOrder) Message(f DateForms) string {
	found, other, all := "month", "day", "set dates: [MM/DD/YYYY] if all are written so"
	if f.monthFirst {
		found, other, all = "day", "month", "leave dates: out if all are written so"
	}
	count := "this one alone"
	if o.against > 1 {
		count = fmt.Sprintf("like %d more", o.against-1)
	}
	if o.with > 0 {
		count += fmt.Sprintf(", while %d can only be written %s first", o.with, other)
	}
	return fmt.Sprintf("can only be written %s first, %s: most dates can be read both ways, so no row is used; want %s throughout, or %s", found, count, f.Want(), all)
}

// number is that of some digits.
func number(digits string) int {
	n := 0
	for i := range len(digits) {
		n = n*10 + int(digits[i]-'0')
	}
	return n
}
