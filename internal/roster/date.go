package roster

import (
	"fmt"
	"time"
)

// Date is a day of the civil calendar, without a clock or a zone. The zero Date means
// "none". Dates compare with Compare, not with ==, only where ordering matters: two
// equal days are also == .
type Date struct {
	Year  int16
	Month uint8
	Day   uint8
}

// DateOf returns the day on which t falls in t's own zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{Year: int16(y), Month: uint8(m), Day: uint8(d)}
}

// ParseDate reads the two forms in which Lucca writes a day: "2006-01-02" (v4) and
// "2006-01-02T15:04:05[.fff]" (v3), of which the time is dropped: v3 dates carry no
// zone and mean the day. The empty string is no date.
func ParseDate(s string) (Date, error) {
	if s == "" {
		return Date{}, nil
	}
	layout := time.DateOnly
	if len(s) > len(layout) {
		layout = clockLayout
	}
	t, err := time.Parse(layout, s)
	if err != nil {
		return Date{}, errNotADate
	}
	return DateOf(t), nil
}

// clockLayout is the form of v3; reading accepts a fraction of a second after it.
const clockLayout = "2006-01-02T15:04:05"

// errNotADate does not repeat the text: a date of birth must not reach a log.
var errNotADate = fmt.Errorf("want a date as YYYY-MM-DD")

// IsZero reports whether there is no date.
func (d Date) IsZero() bool { return d == Date{} }

// Compare orders two dates: negative when d is before e, zero when equal, else positive.
func (d Date) Compare(e Date) int {
	return (int(d.Year)-int(e.Year))*10000 + (int(d.Month)-int(e.Month))*100 + int(d.Day) - int(e.Day)
}

// Before reports whether d is an earlier day than e.
func (d Date) Before(e Date) bool { return d.Compare(e) < 0 }

// After reports whether d is a later day than e.
func (d Date) After(e Date) bool { return d.Compare(e) > 0 }

// AddDays returns the day n days later, or earlier when n is negative.
func (d Date) AddDays(n int) Date { return DateOf(d.time().AddDate(0, 0, n)) }

// String writes the day as YYYY-MM-DD, or nothing for no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.time().Format(time.DateOnly)
}

// MarshalText writes the day as YYYY-MM-DD.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Date) UnmarshalText(b []byte) error {
	v, err := ParseDate(string(b))
	*d = v
	return err
}

func (d Date) time() time.Time {
	return time.Date(int(d.Year), time.Month(d.Month), int(d.Day), 0, 0, 0, 0, time.UTC)
}
