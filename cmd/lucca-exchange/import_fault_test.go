package main

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/sandbox"
)

// everyFault lets the k-th request of an import go wrong, for every k and in
// every way in which Lucca or the network does. Whatever the run says then, those that follow
// end with the same company as without the fault: nobody twice, no row lost.
func everyFault(t *testing.T, program string) {
	whole := newCasualty(t, program)
	whole.settle(t)
	want, n := whole.company(), int(whole.count.Load())
	for _, fault := range []sandbox.Fault{
		{Kind: sandbox.Status, Status: 500},
		{Kind: sandbox.Status, Status: 502, Body: "<html>bad gateway</html>"},
		{Kind: sandbox.Status, Status: 401},
		{Kind: sandbox.Cut},
		{Kind: sandbox.LostAnswer},
		{Kind: sandbox.Malformed},
	} {
		for k := range n {
			t.Run(fmt.Sprintf("%s %d at request %d of %d", fault.Kind, fault.Status, k+1, n), func(t *testing.T) {
				t.Parallel()
				c := newCasualty(t, program)
				due := fault
				due.After = k
				if err := c.tenant.Inject(due); err != nil {
					t.Fatal(err)
				}
				if record, code := c.run(t); code != 1 && code != 3 || record.Outcome == run.Failed && record.Reason == "" {
					t.Errorf("exit %d, %+v", code, record)
				}
				c.settle(t)
				if diff := cmp.Diff(want, c.company()); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}
