package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Recover settles deliveries to one target that a crash, or a server that went away, has
// left unfinished: afterwards the whole old or the whole new file stands under each name,
// and none of our other files. It returns the records as they are then: StepDelivered where
// the new file stands, StepFailed where it does not and must be delivered anew. A record
// that could not be settled keeps its step, and the error says why.
//
// The same records must not be delivered by another process meanwhile.
func Recover(ctx context.Context, to Target, j Journal, records []Record) ([]Record, error) {
	settled := slices.Clone(records)
	var faults []error
	s := newSite(to, j, Record{})
	defer s.link.Drop()
	t := newTransfer(s, nil)
	for i, r := range records {
		s.record, s.leftover, s.renaming = r, "", false
		if err := t.settle.conclude(ctx); err != nil {
			s.link.Drop()
			faults = append(faults, fmt.Errorf("recover %q on %s: %w", r.Name, to.Name, err))
		}
		settled[i] = s.record
		if s.link.Shut(errors.Join(faults...)) {
			break
		}
	}
	return settled, errors.Join(faults...)
}
