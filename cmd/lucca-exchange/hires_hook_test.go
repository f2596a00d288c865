package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lucca-exchange/internal/ledger"
	"lucca-exchange/internal/sandbox/flatchr"
)

// TestHiresFiveHundredWebhooks sends 500 webhooks twice each in random order, and kills the
// daemon in the middle: there are 500 employees, each once. Polling finds all of them again
// and changes nothing.
func TestHiresFiveHundredWebhooks(t *testing.T) {
	t.Parallel()
	const hires = 500
	r := newRecruiting(t, crowd(time.Now(), 600), "limits: {creates: 100%}")
	before := r.employees()
	bodies := make([][]byte, 0, 2*hires)
	for i := range hires {
		body := r.hooked(t, flatchr.Applicant{
			FirstName: "Zoé", LastName: fmt.Sprintf("Lefèvre-%c%c%c", 'A'+i/26%26, 'a'+i%26, 'a'+i/676), Email: fmt.Sprintf("zoe%d@mail.example", i),
		})
		bodies = append(bodies, body, body)
	}
	rand.Shuffle(len(bodies), func(i, j int) { bodies[i], bodies[j] = bodies[j], bodies[i] })
	d := r.start(t)
	var address atomic.Pointer[string]
	address.Store(&d.address)
	work := make(chan []byte)
	half := make(chan struct{})
	var taken atomic.Int64
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for body := range work {
				for post(t, *address.Load(), body) != http.StatusOK {
					if t.Context().Err() != nil {
						return
					}
					<-time.After(20 * time.Millisecond) // a sender that tries again
				}
				if taken.Add(1) == hires {
					close(half)
				}
			}
		})
	}
	go func() {
		defer close(work)
		for _, body := range bodies {
			select {
			case work <- body:
			case <-t.Context().Done():
				return
			}
		}
	}()
	<-half
	d.kill()
	d = r.start(t)
	address.Store(&d.address)
	senders.Wait()
	list := r.settled(t, hires)
	d.stop(t)
	if got := r.employees() - before; got != hires {
		t.Errorf("%d employees, want %d", got, hires)
	}
	people := map[int]bool{}
	for _, h := range list {
		if h.State == ledger.HireApplied {
			people[h.EmployeeID] = true
		}
	}
	if len(people) != hires || people[0] {
		t.Errorf("the applied hires are %d people", len(people))
	}
	r.front.tenant.ResetRequests()
	run, code := r.run(t)
	if code != 0 || run.Outcome != ledger.Nothing {
		t.Errorf("the poll ends as %s, exit code %d: %s", run.Outcome, code, run.Reason)
	}
	if got := r.employees() - before; got != hires {
		t.Errorf("%d employees after the poll, want %d", got, hires)
	}
	if states := r.states(t); states[ledger.HireApplied] != hires || states[ledger.HireLinked] != hires {
		t.Errorf("the hires are %v, want each applied once, and once found again", states)
	}
}
