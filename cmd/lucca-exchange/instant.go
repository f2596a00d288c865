package main

import (
	"fmt"
	"time"

	"lucca-exchange/internal/config"
)

// readUntil reads when something is to end: a day, which is its beginning, or a time, in a zone,
// or how long from now on. Empty is zero.
func readUntil(text string, zone *time.Location, now time.Time) (time.Time, error) {
	if zone == nil {
		zone = time.Local
	}
	return readInstant(text, now.In(zone), 1)
}

// readSince reads since when: a day or a time in the local zone, or how long ago. Empty is zero.
func readSince(text string, now time.Time) (time.Time, error) {
	return readInstant(text, now.Local(), -1)
}

// readInstant reads a duration as one from now on, times sign.
func readInstant(text string, now time.Time, sign time.Duration) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	var age config.Age
	if age.UnmarshalText([]byte(text)) == nil {
		return now.Add(sign * time.Duration(age)).Truncate(time.Second), nil
	}
	for _, form := range []string{time.RFC3339, "2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly} {
		if at, err := time.ParseInLocation(form, text, now.Location()); err == nil {
			return at, nil
		}
	}
	day := now.Add(sign * 7 * 24 * time.Hour).Format(time.DateOnly)
	return time.Time{}, fmt.Errorf("want a day such as %s, a time such as \"%s 18:00\", or how long, such as 7d or 36h: not %q", day, day, text)
}
