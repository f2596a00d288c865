package plan

import (
	"errors"
	"regexp"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
)

// The years that a date can have: what is outside was mistyped.
const (
	firstYear = 1900
	lastYear  = 2200
)

// What can be wrong with a date. They are predicates, as of an objection.
var (
	errDateForm     = errors.New("is no date as DD/MM/YYYY, with two, two and four digits; or set dates: to how all are written")
	errDateTime     = errors.New("has a time of the day after the date, which cannot be meant; want DD/MM/YYYY")
	errDateSerial   = errors.New("is a number, which is how a spreadsheet stores a date; want DD/MM/YYYY")
	errDateISO      = errors.New("is written year first; want DD/MM/YYYY, or set dates: [YYYY-MM-DD]")
	errDateZeros    = errors.New("is written without its zeros; want DD/MM/YYYY, or set dates: [D/M/YYYY]")
	errDateSigns    = errors.New("is written with other signs; want DD/MM/YYYY, or set dates: such as [DD-MM-YYYY]")
	errDateYear     = errors.New("has a year of two digits; want DD/MM/YYYY")
	errDateMonth    = errors.New("seems to be written month first; want DD/MM/YYYY")
	errDateNoDay    = errors.New("is a day that does not exist")
	errDateOutliers = errors.New("has a year before 1900 or after 2200")
)

// shortYear is a date whose year has two digits.
var shortYear = regexp.MustCompile(`^\d{1,9}/\d{1,9}/\d\d$`)

// parseDay reads DD/MM/YYYY and nothing else: a form that is guessed turns 3 April into
// 4 March in silence.
func parseDay(s string) (roster.Date, error) {
	if len(s) != len("DD/MM/YYYY") || s[2] != '/' || s[5] != '/' {
		return roster.Date{}, dayFault(s)
	}
	day, ok1 := digits(s[:2])
	month, ok2 := digits(s[3:5])
	year, ok3 := digits(s[6:])
	switch {
	case !ok1 || !ok2 || !ok3:
		return roster.Date{}, errDateForm
	case month > 12 && month <= 31 && day >= 1 && day <= 12:
		return roster.Date{}, errDateMonth
	case day < 1 || month < 1 || month > 12 || day > daysIn(month, year):
		return roster.Date{}, errDateNoDay
	case year < firstYear || year > lastYear:
		return roster.Date{}, errDateOutliers
	}
	return roster.Date{Year: int16(year), Month: uint8(month), Day: uint8(day)}, nil
}

// dayOf is the day that a text means, none where that is no right one.
func dayOf(text string) roster.Date {
	day, err := parseDay(text)
	if err != nil {
		return roster.Date{}
	}
	return day
}

// differ reports whether two days, both of them known, are not the same.
func differ(a, b roster.Date) bool { return !a.IsZero() && !b.IsZero() && a != b }

// dayFault tells the usual mistakes apart.
func dayFault(s string) error {
	if _, number := digits(strings.Replace(s, ".", "", 1)); number {
		return errDateSerial
	}
	if _, err := time.Parse(time.DateOnly, s[:min(len(s), len(time.DateOnly))]); err == nil {
		return errDateISO
	}
	if len(s) > len("DD/MM/YYYY") {
		if _, err := parseDay(s[:len("DD/MM/YYYY")]); err == nil && strings.ContainsRune("T ", rune(s[len("DD/MM/YYYY")])) {
			return errDateTime
		}
	}
	for _, signs := range []string{"2-1-2006", "2.1.2006", "2 1 2006"} {
		if _, err := time.Parse(signs, s); err == nil {
			return errDateSigns
		}
	}
	if _, err := time.Parse("2/1/2006", s); err == nil {
		return errDateZeros
	}
	if shortYear.MatchString(s) {
		return errDateYear
	}
	return errDateForm
}

func daysIn(month, year int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func digits(s string) (int, bool) {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' || i > 8 {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, s != ""
}

// keep is what is left of a text of some signs.
func keep(text string, wanted func(r rune) bool) string {
	return strings.Map(func(r rune) rune {
		if wanted(r) {
			return r
		}
		return -1
	}, text)
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// isMail accepts one bare address in which every character can be told from any other, at a domain
// that there may be.
func isMail(s string) bool { return odd(s) == "" && person.IsAddress(s) && hasEnding(s) }

// genders are the values of Lucca.
func genders() []string { return []string{"Male", "Female", "Undefined", "Misc"} }

// culture is a language that Lucca can be displayed in.
type culture struct {
	tag string
	// lcid is the id of the culture in Lucca, whose documentation shows 1034 for es-ES.
	lcid int
}

func languages() []culture {
	return []culture{
		{"fr-FR", 1036}, {"de-DE", 1031}, {"en-US", 1033}, {"en-GB", 2057}, {"es-ES", 1034}, {"nl-BE", 2067}, {"it-IT", 1040},
	}
}

// sameText compares two texts as a person sees them: an é is one letter or two.
func sameText(a, b string) bool {
	return a == b || norm.NFC.String(a) == norm.NFC.String(b)
}

// sameName takes a name that Lucca gives in capitals for the same name as the file has it:
// Lucca shows last names so, whatever was sent.
func sameName(lucca, file string) bool {
	return sameText(lucca, file) || lucca == strings.ToUpper(lucca) && sameText(lucca, strings.ToUpper(file))
}

// extensionDay is how Lucca writes a date that a file has for a custom field which holds a
// date now, or nothing when this is not about dates.
func extensionDay(current, cell string) string {
	if _, err := roster.ParseDate(current); current == "" || err != nil {
		return ""
	}
	return dayOf(cell).String()
}
