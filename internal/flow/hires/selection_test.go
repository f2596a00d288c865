package hires

import (
	"fmt"
	"testing"

	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/state"
)

// TestAFileOfAnySizeIsTakenInParts: what is beyond a run's share is counted, and left as it is.
func TestAFileOfAnySizeIsTakenInParts(t *testing.T) {
	t.Parallel()
	var s selection
	for i := range mostAtOnce + 3 {
		h := state.Hire{ID: fmt.Sprint("hire ", i), State: state.HireReceived}
		if i == 7 {
			h.State = state.HireApplied // takes no place
		}
		s.add(h, Stored{Event: hire.Event{ExternalID: fmt.Sprint(i)}})
	}
	if s.waiting.len() != mostAtOnce || s.beyond != 2 || s.waiting.ids[mostAtOnce-1] != fmt.Sprint("hire ", mostAtOnce) {
		t.Errorf("%d wait, %d are beyond, the last is %s", s.waiting.len(), s.beyond, s.waiting.ids[s.waiting.len()-1])
	}
}
