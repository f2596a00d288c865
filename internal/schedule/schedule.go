// Package schedule turns the cron line of a flow into slots: the instants at which the
// flow is due. It is pure: what was due before and what time it is are arguments.
//
// Of robfig/cron only the parser and the search by calendar fields are used; what happens
// when clocks change is decided here. A line that names hours (59 22 * * *, 0 */6 * * *)
// means the clock on the wall, and has each slot once per local day: a time that the
// spring change skips is due at the instant after the gap (02:30 at 03:00), one that the
// autumn change repeats is due the first time only. A line for every hour (*/30 * * * *,
// 0 * * * *) means a rhythm, and is due at each instant that fits: 23 times or 25 on the
// days of a change. @every means multiples of its duration since 1970-01-01 UTC, so that
// every process and every restart finds the same slots.
package schedule

import (
	"errors"
	"strings"
	"time"

	"lucca-exchange/internal/fault"

	"github.com/robfig/cron/v3"
)

// ErrLine is wrapped by every fault of a cron line.
var ErrLine = errors.New("invalid schedule")

// maxEvery is the longest @every: longer ones have a time of day, which a line can name.
const maxEvery = time.Hour

// allHours are the bits of the hours 0 to 23 in a cron.SpecSchedule.
const allHours = 1<<24 - 1

// Schedule is a cron line in a time zone. The zero value is never due.
type Schedule struct {
	line  string
	zone  *time.Location
	spec  *cron.SpecSchedule // nil: every
	every time.Duration
}

// Parse reads a cron line of five fields (minute hour day month weekday), @daily and its
// like, or @every up to an hour in whole seconds. The zone belongs to the flow, so a line
// may not carry its own; and a day that no calendar has, such as 31 February, is refused,
// since it would never be due.
func Parse(line string, zone *time.Location) (Schedule, error) {
	s := Schedule{line: strings.Join(strings.Fields(line), " "), zone: zone}
	if err := refuse(s.line); err != nil {
		return Schedule{}, err
	}
	spec, err := cron.ParseStandard(s.line)
	if err != nil {
		return Schedule{}, fault.Wrap(ErrLine, err)
	}
	switch spec := spec.(type) {
	case *cron.SpecSchedule:
		s.spec = spec
	case cron.ConstantDelaySchedule:
		// The library rounds, which would be a surprise.
		every, err := time.ParseDuration(strings.TrimPrefix(s.line, "@every "))
		if err != nil || every != spec.Delay || every > maxEvery {
			return Schedule{}, fault.Of(ErrLine, "@every takes whole seconds up to 1h: write */30 * * * * for every 30 minutes, 0 */6 * * * for every 6 hours")
		}
		s.every = every
	default:
		return Schedule{}, fault.Of(ErrLine, "want five fields")
	}
	if s.Next(time.Unix(0, 0)).IsZero() {
		return Schedule{}, fault.Of(ErrLine, "no calendar has such a day: it would never run")
	}
	return s, nil
}

// refuse says in our words what the library says badly, or panics on.
func refuse(line string) error {
	switch fields := strings.Fields(line); {
	case line == "":
		return fault.Of(ErrLine, "empty")
	case strings.Contains(line, "TZ="):
		return fault.Of(ErrLine, "the time zone has its own key, timezone")
	case fields[0] == "@reboot":
		return fault.Of(ErrLine, "@reboot has no slot by the clock: name a time, or run the flow by hand")
	case len(fields) == 6 && !strings.HasPrefix(line, "@"):
		return fault.Of(ErrLine, "expected exactly 5 fields (minute hour day month weekday), found 6: there is none for seconds")
	}
	return nil
}

// String returns the line, with single spaces and without its zone.
func (s Schedule) String() string { return s.line }

// Zone returns the zone in which the line is read.
func (s Schedule) Zone() *time.Location { return s.zone }

// Next returns the first slot after t, in the schedule's zone; zero when there is none
// within five years.
func (s Schedule) Next(t time.Time) time.Time {
	switch {
	case s.every > 0:
		// Not Truncate, which counts from the year 1: 7s does not divide the time between.
		since := t.Sub(time.Unix(0, 0))
		steps := since/s.every + 1
		if since < 0 && since%s.every != 0 {
			steps--
		}
		return time.Unix(0, 0).Add(steps * s.every).In(s.zone)
	case s.spec == nil:
		return time.Time{}
	case s.spec.Hour&allHours == allHours:
		return s.spec.Next(t.In(s.zone))
	}
	// A wall clock is a time in UTC here, where no hour is skipped or repeated. Earlier
	// ones than t's need no look: they were due at t or before.
	for wall := s.spec.Next(wallClock(t.In(s.zone))); !wall.IsZero(); wall = s.spec.Next(wall) {
		if slot := firstAt(wall, s.zone); slot.After(t) {
			return slot
		}
	}
	return time.Time{}
}

// wallClock returns what the clock on the wall shows at t, as a time in UTC.
func wallClock(t time.Time) time.Time {
	_, offset := t.Zone()
	return time.Unix(t.Unix()+int64(offset), int64(t.Nanosecond())).UTC()
}

// firstAt returns the first instant at which the clock on the wall of zone shows wall, or
// the instant after the gap when it never does.
func firstAt(wall time.Time, zone *time.Location) time.Time {
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, zone)
	start, end := t.ZoneBounds()
	if !wallClock(t).Equal(wall) {
		// Go promises one side of the gap, not which.
		if !start.IsZero() && wallClock(start).After(wall) && !wallClock(start.Add(-1)).After(wall) {
			return start
		}
		return end
	}
	if start.IsZero() {
		return t
	}
	_, before := start.Add(-1).Zone()
	if first := time.Unix(wall.Unix()-int64(before), 0); first.Before(start) {
		return first.In(zone)
	}
	return t
}
