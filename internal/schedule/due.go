package schedule

import "time"

// Limits on what Due looks back at, so that a state that was put away for years does not
// cost minutes, and a flow that runs every second not a million rows.
const (
	maxBack   = 400 * 24 * time.Hour
	maxMissed = 1000
)

// Between returns the slots after `after` up to and with `upto`, oldest first; of more
// than limit the newest ones.
func (s Schedule) Between(after, upto time.Time, limit int) []time.Time {
	var slots []time.Time
	for slot := s.Next(after); !slot.IsZero() && !slot.After(upto); slot = s.Next(slot) {
		slots = append(slots, slot)
		// Cut now and then: the oldest of a million would only be carried along.
		if len(slots) >= 2*limit {
			slots = append(slots[:0], slots[len(slots)-limit:]...)
		}
	}
	if len(slots) > limit {
		slots = slots[len(slots)-limit:]
	}
	return slots
}

// Due returns the slot to run now, zero when there is none, and the slots that were missed
// and are not to be run, oldest first. Last is the newest slot that is settled. One slot
// runs, the newest, when it is no older than catchUp; so a program that was down, or a
// machine that slept, makes up for all of them with one run. While the clock is before
// last, because it was set back, nothing is due.
//
// Missed slots of more than 400 days ago, and all but the newest 1000, are left out.
func (s Schedule) Due(last, now time.Time, catchUp time.Duration) (due time.Time, missed []time.Time) {
	if horizon := now.Add(-maxBack); last.Before(horizon) {
		last = horizon
	}
	slots := s.Between(last, now, maxMissed+1)
	if len(slots) == 0 {
		return time.Time{}, nil
	}
	newest := slots[len(slots)-1]
	if now.Sub(newest) > catchUp {
		return time.Time{}, slots[max(0, len(slots)-maxMissed):]
	}
	return newest, slots[:len(slots)-1]
}
