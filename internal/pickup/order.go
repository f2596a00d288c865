package pickup

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"lucca-exchange/internal/remote"
)

// dated is a day in the name of a file, with the time of day where it has one.
var dated = regexp.MustCompile(`(?:^|\D)(\d{4}[-_.]?\d{2}[-_.]?\d{2}|\d{2}[-_.]?\d{2}[-_.]?\d{4})(?:[-_.T ]?(\d{2}[-_.h]?\d{2}(?:[-_.m]?\d{2})?))?(?:\D|$)`)

// NamedAt is the date in the name of a file, such as users_20261128.csv, users_2026-11-28_0600.csv
// or users_28112026.csv, and whether it has one. Eight digits that can be read year first are.
func NamedAt(name string) (at time.Time, ok bool) {
	found := dated.FindStringSubmatch(name)
	if found == nil {
		return time.Time{}, false
	}
	day, clock := digits(found[1]), digits(found[2])
	for _, form := range []string{"20060102", "02012006"} {
		t, err := time.Parse(form, day)
		if err != nil || t.Year() < 2000 || t.Year() > 2099 {
			continue
		}
		for _, form := range []string{"150405", "1504"} {
			if c, err := time.Parse(form, clock); err == nil && len(clock) == len(form) {
				return t.Add(time.Duration(c.Hour())*time.Hour + time.Duration(c.Minute())*time.Minute + time.Duration(c.Second())*time.Second), true
			}
		}
		return t, true
	}
	return time.Time{}, false
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// inOrder puts files into the order in which they were made: by the dates in their names where
// all have one, else by their times.
func inOrder(files []remote.Entry) {
	named := !slices.ContainsFunc(files, func(e remote.Entry) bool { _, ok := NamedAt(e.Name); return !ok })
	slices.SortFunc(files, func(a, b remote.Entry) int {
		var byName int
		if named {
			first, _ := NamedAt(a.Name)
			second, _ := NamedAt(b.Name)
			byName = first.Compare(second)
		}
		return cmp.Or(byName, a.ModTime.Compare(b.ModTime), strings.Compare(a.Name, b.Name))
	})
}

// Steady are the files that an earlier Look found whole, and when: those that are still as
// they were need no second look, so that a folder settles once, however many runs take its
// files.
type Steady struct {
	At    time.Time
	Files []remote.Entry
}

// longSteady is how long an earlier look counts.
const longSteady = 10 * time.Minute

// holds reports whether an entry is as an earlier look saw it.
func (s Steady) holds(e remote.Entry) bool {
	elapsed := time.Since(s.At)
	return elapsed < longSteady && slices.ContainsFunc(s.Files, func(f remote.Entry) bool { return steady(f, e, elapsed) })
}
