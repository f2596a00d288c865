// Package schedule turns the cron line of a flow into the instants at which it is due.
// Only the parser of robfig/cron is used: what fires when is the engine's business.
package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// ErrLine is wrapped by every fault of a cron line.
var ErrLine = errors.New("invalid schedule")

// Schedule is a cron line in a time zone.
type Schedule struct {
	spec cron.Schedule
	zone *time.Location
}

// Parse reads a cron line of five fields (minute hour day month weekday) or @daily and
// its like. The zone belongs to the flow, so a line may not carry its own; @every is
// refused, since it counts from the start of the process and not by the clock; and so is
// a day that no calendar has, such as 31 February, which would never fire.
func Parse(line string, zone *time.Location) (Schedule, error) {
	trimmed := strings.TrimSpace(line)
	switch {
	case trimmed == "":
		return Schedule{}, fmt.Errorf("%w: empty", ErrLine)
	case strings.Contains(trimmed, "TZ="):
		return Schedule{}, fmt.Errorf("%w: the time zone has its own key, timezone", ErrLine)
	case strings.HasPrefix(trimmed, "@every"):
		return Schedule{}, fmt.Errorf("%w: @every has no slots by the clock: write */30 * * * * for every 30 minutes", ErrLine)
	}
	spec, err := cron.ParseStandard(trimmed)
	if err != nil {
		return Schedule{}, fmt.Errorf("%w: %w", ErrLine, err)
	}
	s := Schedule{spec: spec, zone: zone}
	if s.Next(time.Unix(0, 0)).IsZero() {
		return Schedule{}, fmt.Errorf("%w: no calendar has such a day: it would never run", ErrLine)
	}
	return s, nil
}

// Next returns the first instant after t that the line names, in the schedule's zone.
func (s Schedule) Next(t time.Time) time.Time { return s.spec.Next(t.In(s.zone)) }
