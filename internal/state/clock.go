package state

import (
	"context"
	"database/sql"
	"time"
)

const (
	// clockGap is how far the clock may move between two looks at it before it is doubted: a
	// machine that is off over night and a flow that runs once a day stay below.
	clockGap = 36 * time.Hour
	// clockTrust is after how long it is believed all the same, unless it went back.
	clockTrust = 24 * time.Hour
	// clockSkew is by how much the clocks of machines that share a state may differ.
	clockSkew = time.Minute
	// clockNoted is how often it is written down.
	clockNoted = time.Minute
)

// ClockJumped notes what the clock shows, and reports whether it may not be believed: it is more
// than 36 hours after the last look. Then either nobody looked for so long, or it was set. Whoever
// removes things by their age waits until the new time has lasted for a day.
func (l Upkeep) ClockJumped(ctx context.Context, at time.Time) (jumped bool, err error) {
	var seen, doubt time.Time
	err = l.read(ctx, "read clock", func(ctx context.Context, tx *sql.Tx) (err error) {
		seen, doubt, err = clockMarks(ctx, tx)
		return err
	})
	if err != nil {
		return true, err
	}
	if since := at.Sub(seen); doubt.IsZero() && since >= 0 && since < clockNoted {
		return false, nil
	}
	err = l.write(ctx, "note clock", func(ctx context.Context, tx *sql.Tx) error {
		seen, doubt, err := clockMarks(ctx, tx)
		if err != nil {
			return err
		}
		doubt = doubted(seen, doubt, at)
		jumped = !doubt.IsZero()
		if err := setMark(ctx, tx, markDoubt, microsOrZero(doubt)); err != nil {
			return err
		}
		return setMark(ctx, tx, markClock, at.UnixMicro())
	})
	return jumped || err != nil, err
}

// doubted is since when the clock is doubted; zero: it is not.
func doubted(seen, doubt, at time.Time) time.Time {
	switch {
	case !doubt.IsZero() && at.Before(doubt.Add(-clockSkew)):
		return time.Time{} // it was ahead, and is right again
	case !doubt.IsZero() && at.Sub(doubt) >= clockTrust:
		return time.Time{}
	case !doubt.IsZero():
		return doubt
	case !seen.IsZero() && at.Sub(seen) > clockGap:
		return at
	}
	return time.Time{}
}

func clockMarks(ctx context.Context, tx *sql.Tx) (seen, doubt time.Time, err error) {
	for name, into := range map[string]*time.Time{markClock: &seen, markDoubt: &doubt} {
		value, err := mark(ctx, tx, name)
		if err != nil {
			return seen, doubt, err
		}
		*into = instant(sql.Null[int64]{V: value, Valid: value != 0})
	}
	return seen, doubt, nil
}

func microsOrZero(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}
