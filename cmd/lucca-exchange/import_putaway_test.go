package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/run"
)

// TestImportsKilledWhilePuttingAway kills the program after the last request to Lucca, while
// it moves the file and puts its report and its rejected rows beside it. The next run changes
// nothing in Lucca, puts there what is missing, and tells of the whole file.
func TestImportsKilledWhilePuttingAway(t *testing.T) {
	t.Parallel()
	program := shipped(t)
	counted, _ := newWired(t, program)
	counted.run(t)
	last := counted.count.Load()

	whole, proxy := newWired(t, program)
	var upBefore, downBefore int64
	counting := make(chan struct{})
	whole.reached = func() {
		upBefore, downBefore = proxy.Bytes()
		close(counting)
	}
	whole.at.Store(last)
	want, code := whole.run(t)
	if code != 3 || want.Rows == nil || want.Rows.Rejected != 1 || len(want.Findings) == 0 {
		t.Fatalf("without a kill: exit %d, %+v", code, want)
	}
	<-counting
	people := whole.company()
	up, down := proxy.Bytes()
	up, down = up-upBefore, down-downBefore
	var faults []remotetest.Fault
	for n := int64(16); n < 3000; n += n/2 + 1 {
		faults = append(faults, remotetest.Fault{HoldUp: up - n}, remotetest.Fault{HoldDown: down - n})
	}
	for _, fault := range faults {
		t.Run(fmt.Sprintf("up %d of %d, down %d of %d", fault.HoldUp, up, fault.HoldDown, down), func(t *testing.T) {
			t.Parallel()
			c, proxy := newWired(t, program)
			struck := make(chan time.Time)
			c.reached = func() {
				fault := proxy.Break(fault)
				go func() {
					select {
					case <-fault:
						close(struck)
					case <-t.Context().Done():
					}
				}()
			}
			c.at.Store(last)
			c.kill(t, struck)
			select {
			case <-struck:
			default:
				return // it was through already
			}
			proxy.Break(remotetest.Fault{})
			proxy.CutAll()
			got, code := c.run(t)
			if code != 3 || got.Outcome != run.Rejections {
				t.Errorf("exit %d, %q: %s", code, got.Outcome, got.Reason)
			}
			if diff := cmp.Diff([]any{want.Rows, want.Changes, want.Findings}, []any{got.Rows, got.Changes, got.Findings}); diff != "" {
				t.Error(diff)
			}
			c.settle(t)
			if diff := cmp.Diff(people, c.company()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
