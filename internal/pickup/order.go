package pickup

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
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

// monthly is a month in the name of a file, weekly a week of ISO 8601: 2026-W47, 2026_KW47, S47-2026.
var (
	monthly = regexp.MustCompile(`(?:^|\D)(?:(20\d{2})[-_.]?(0[1-9]|1[0-2])|(0[1-9]|1[0-2])[-_.]?(20\d{2}))(?:\D|$)`)
	weekly  = regexp.MustCompile(`(?i)(?:^|[^a-z\d])(?:(20\d{2})[-_.]?(?:w|kw|s|sem)[-_.]?(\d{2})|(?:w|kw|s|sem)[-_.]?(\d{2})[-_.]?(20\d{2}))(?:\D|$)`)
)

// span are the days that the name of a file is about, the last one included: with a time of the
// day it is a moment.
type span struct{ from, to time.Time }

// Named is the first of the days in the name of a file, which may have a day, a week or a month,
// such as users_202611.csv, users_11-2026.csv or users_2026-W47.csv, and whether it has any.
func Named(name string) (at time.Time, ok bool) {
	s, ok := named(name)
	return s.from, ok
}

func named(name string) (s span, ok bool) {
	if at, ok := NamedAt(name); ok {
		return span{at, at}, true
	}
	if m := weekly.FindStringSubmatch(name); m != nil {
		year, _ := strconv.Atoi(m[1] + m[4]) // digits
		week, _ := strconv.Atoi(m[2] + m[3])
		monday := time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC) // always in the first week
		monday = monday.AddDate(0, 0, -(int(monday.Weekday())+6)%7+7*(week-1))
		if y, w := monday.ISOWeek(); y == year && w == week {
			return span{monday, monday.AddDate(0, 0, 7).Add(-time.Second)}, true
		}
	}
	if m := monthly.FindStringSubmatch(name); m != nil {
		if first, err := time.Parse("200601", m[1]+m[4]+m[2]+m[3]); err == nil {
			return span{first, first.AddDate(0, 1, 0).Add(-time.Second)}, true
		}
	}
	return span{}, false
}

// alike reports whether two spans are as long, as those of two months or two moments are, so
// that the one that begins first is the older one.
func (s span) alike(o span) bool {
	length := func(s span) int { return min(2, int(s.to.Sub(s.from).Hours()/24/6)) }
	return length(s) == length(o)
}

// Older reports whether a file was made before another one by the days in their names; known is
// false where these tell nothing, as when one has a month and the other a day of it.
func Older(name, than string) (older, known bool) {
	a, ok := named(name)
	b, okToo := named(than)
	switch {
	case !ok || !okToo:
		return false, false
	case a.alike(b):
		return a.from.Before(b.from), true
	case a.to.Before(b.from) || b.to.Before(a.from):
		return a.from.Before(b.from), true
	default:
		return false, false
	}
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// inOrder puts files into the order in which they were made: by the days in their names where all
// have one, else by their times. Those of which one is about a month, and another about a day of
// it, are in the order of their times among each other.
func inOrder[T any](files []T, entry func(T) remote.Entry) {
	byTime := func(one, other T) int {
		a, b := entry(one), entry(other)
		return cmp.Or(a.ModTime.Compare(b.ModTime), strings.Compare(a.Name, b.Name))
	}
	spanOf := func(f T) (span, bool) { return named(entry(f).Name) }
	if slices.ContainsFunc(files, func(f T) bool { _, ok := spanOf(f); return !ok }) {
		slices.SortFunc(files, byTime)
		return
	}
	slices.SortFunc(files, func(one, other T) int {
		a, _ := spanOf(one)
		b, _ := spanOf(other)
		return cmp.Or(a.from.Compare(b.from), byTime(one, other))
	})
	spans := make([]span, len(files))
	for i, f := range files {
		spans[i], _ = spanOf(f)
	}
	for at := 0; at < len(files); {
		n, mixed := together(spans[at:])
		if mixed {
			slices.SortFunc(files[at:at+n], byTime)
		}
		at += n
	}
}

// together is how many of the spans, which are in order, overlap from the first on, and whether
// they tell no order among them.
func together(spans []span) (n int, mixed bool) {
	to := spans[0].to
	for n = 1; n < len(spans) && !spans[n].from.After(to); n++ {
		mixed = mixed || !spans[n].alike(spans[0])
		if spans[n].to.After(to) {
			to = spans[n].to
		}
	}
	return n, mixed
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
