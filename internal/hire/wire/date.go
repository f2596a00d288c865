package wire

import (
	"strconv"
	"time"
)

// layouts are the forms in which days and instants occur. Those without a zone mean the
// day in the zone of the flow.
const (
	frenchDay      = "02/01/2006"
	shortFrenchDay = "02/01/06"
	clock          = "2006-01-02T15:04:05"
	spacedClock    = "2006-01-02 15:04:05"
)

// The range of numbers that are seconds since 1970: 2001 to 2286. Larger ones are
// milliseconds.
const (
	firstSecond = 1e9
	lastSecond  = 1e10 - 1
)

// The years that a date of employment can be in; others are typing errors.
const (
	firstYear = 1900
	lastYear  = 2200
)

// Time reads an instant in any of the forms that occur: RFC 3339, the same without a
// zone, a day as YYYY-MM-DD, DD/MM/YYYY or DD/MM/YY, seconds or milliseconds since 1970.
// ok is false for the empty text, for anything else, and for years out of all reason.
func Time(text string, zone *time.Location) (t time.Time, ok bool) {
	t, ok = parseTime(text, zone)
	return t, ok && t.Year() >= firstYear && t.Year() <= lastYear
}

func parseTime(text string, zone *time.Location) (t time.Time, ok bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		switch {
		case n >= firstSecond && n <= lastSecond:
			return time.Unix(n, 0).In(zone), true
		case n >= firstSecond*1000 && n <= lastSecond*1000:
			return time.UnixMilli(n).In(zone), true
		}
		return time.Time{}, false
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.In(zone), true
	}
	for _, layout := range []string{clock, spacedClock, time.DateOnly, frenchDay, shortFrenchDay} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// Day reads a day in any of the forms of Time. An instant is the day that it falls on in
// the zone, since a browser writes midnight in Paris as 22:00 or 23:00 the day before; only
// midnight in UTC is that very day everywhere.
func Day(text string, zone *time.Location) (year int, month time.Month, day int, ok bool) {
	t, ok := Time(text, zone)
	if !ok {
		return 0, 0, 0, false
	}
	if u := t.UTC(); u.Equal(u.Truncate(24 * time.Hour)) {
		if _, err := time.Parse(time.RFC3339, text); err == nil {
			t = u
		}
	}
	year, month, day = t.Date()
	return year, month, day, true
}
