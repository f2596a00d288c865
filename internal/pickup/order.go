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

// monthly is a month in the name of a file.
var monthly = regexp.MustCompile(`(?:^|\D)(?:(20\d{2})[-_.]?(0[1-9]|1[0-2])|(0[1-9]|1[0-2])[-_.]?(20\d{2}))(?:\D|$)`)

// NamedMonth is the first day of the month in the name of a file that has no day, such as
// users_202611.csv or users_11-2026.csv, and whether it has one.
func NamedMonth(name string) (at time.Time, ok bool) {
	found := monthly.FindStringSubmatch(name)
	if _, day := NamedAt(name); day || found == nil {
		return time.Time{}, false
	}
	at, err := time.Parse("200601", found[1]+found[4]+found[2]+found[3])
	return at, err == nil
}

// Older reports whether a file was made before another one by the dates, or by the months, in
// their names; known is false where these tell nothing, as when one has a day and the other only a
// month.
func Older(name, than string) (older, known bool) {
	for _, at := range []func(string) (time.Time, bool){NamedAt, NamedMonth} {
		first, ok := at(name)
		second, okToo := at(than)
		if ok && okToo {
			return first.Before(second), true
		}
	}
	return false, false
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
// all have one, or the months where all have no more, else by their times.
func inOrder[T any](files []T, entry func(T) remote.Entry) {
	all := func(at func(string) (time.Time, bool)) bool {
		return !slices.ContainsFunc(files, func(f T) bool { _, ok := at(entry(f).Name); return !ok })
	}
	at := NamedAt
	if !all(NamedAt) && all(NamedMonth) {
		at = NamedMonth
	}
	named := all(at)
	slices.SortFunc(files, func(one, other T) int {
		a, b := entry(one), entry(other)
		var byName int
		if named {
			first, _ := at(a.Name)
			second, _ := at(b.Name)
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
