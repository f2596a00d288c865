package sandbox

import (
	"fmt"
	"strings"
	"time"
)

// Day is a date without a time zone, as days since 1 January of year 1. The zero Day
// is no date.
type Day int32

// unixOffset is the number of days from 1 January of year 1 to 1 January 1970.
const unixOffset = 719162

const secondsPerDay = 24 * 60 * 60

// DayOf returns the date that t shows in its own time zone.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix()/secondsPerDay + unixOffset)
}

// Time is the start of the day in UTC.
func (d Day) Time() time.Time {
	return time.Unix((int64(d)-unixOffset)*secondsPerDay, 0).UTC()
}

// String is YYYY-MM-DD, or empty for no date.
func (d Day) String() string {
	if d == 0 {
		return ""
	}
	return d.Time().Format(time.DateOnly)
}

// parseDay reads a date with or without a time of day, which it drops.
func parseDay(s string) (Day, error) {
	t, err := parseInstant(s)
	if err != nil {
		return 0, err
	}
	return DayOf(t), nil
}

// parseInstant reads YYYY-MM-DD[THH:mm:ss[.fff]] with or without Z; v3 has no zones.
func parseInstant(s string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, strings.TrimSuffix(s, "Z")); err == nil && t.Year() >= 1 {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("want a date YYYY-MM-DD or YYYY-MM-DDTHH:mm:ss")
}
