package export_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lucca-exchange/internal/flow"
	exports "lucca-exchange/internal/flow/export"
	"lucca-exchange/internal/flow/flowtest"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/wrap"
)

const describedName = "users.csv.datapackage.json"

// newDescribed is an export that sends a descriptor beside its file.
func newDescribed(t *testing.T, people int) *nightly {
	t.Helper()
	n := newNightly(t, good(people))
	n.in.Descriptor = true
	return n
}

// describes reports whether a descriptor is that of a file.
func describes(t *testing.T, descriptor, name string, f run.File) bool {
	t.Helper()
	var p struct {
		Resources []struct {
			Path, Hash string
			Bytes      int64
		}
	}
	if err := json.Unmarshal([]byte(descriptor), &p); err != nil || len(p.Resources) != 1 {
		t.Fatalf("%v: %s", err, descriptor)
	}
	r := p.Resources[0]
	return r.Path == name && r.Hash == "sha256:"+f.SHA256 && r.Bytes == f.Bytes
}

func TestDescriptorGoesBesideTheFile(t *testing.T) {
	t.Parallel()
	n := newDescribed(t, 30)
	r := n.run(run.Done)
	n.partner("users.csv", describedName)
	if !describes(t, n.Read("out", describedName), "users.csv", *r.File) {
		t.Errorf("%s is not that of %+v", n.Read("out", describedName), r.File)
	}
	if d := n.Kept(r.ID).File.Descriptor; d == nil || d.Name != describedName || d.Bytes != int64(len(n.Read("out", describedName))) {
		t.Errorf("kept of the run is %+v", n.Kept(r.ID).File)
	}
	list, err := n.State.Deliveries.DeliveriesOf(t.Context(), r.ID)
	if err != nil || len(list) != 2 || list[0].Name != describedName {
		t.Errorf("the descriptor is to be there first: %+v %v", list, err)
	}
	// What a reader has once it is unpacked is the plain file and its descriptor.
	n.in.Wrap = wrap.Config{{Gzip: &wrap.Gzip{}}}
	r = n.run(run.Done)
	n.partner("users.csv", describedName, describedName+".gz", "users.csv.gz")
	if !describes(t, unpacked(t, n.Read("out", describedName+".gz")), "users.csv", *r.File.Plain) {
		t.Error("the descriptor of a packed file is not that of its content")
	}
}

func unpacked(t *testing.T, content string) string {
	t.Helper()
	z, err := gzip.NewReader(strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestEachPartHasItsDescriptor, and the whole file, which is not sent, has none there.
func TestEachPartHasItsDescriptor(t *testing.T) {
	t.Parallel()
	n := newSplit(t, everywhere(24))
	n.in.Descriptor = true
	r := n.run(run.Done)
	if got := len(n.Names("out")); got != 2*len(r.File.Parts) {
		t.Fatalf("%d files of %d parts: %q", got, len(r.File.Parts), n.Names("out"))
	}
	for _, p := range r.File.Parts {
		if !describes(t, n.Read("out", p.Name+".datapackage.json"), p.Name, p.File) {
			t.Errorf("the descriptor of %s is of another file", p.Name)
		}
	}
}

// TestHeldRunSendsItsDescriptorWhenItIsApproved, and nothing before.
func TestHeldRunSendsItsDescriptorWhenItIsApproved(t *testing.T) {
	t.Parallel()
	n := newDescribed(t, 30)
	held := n.held()
	n.partner()
	n.in.Descriptor = false // it goes as it was made
	if r, err := n.approve(held.ID); err != nil || r.Outcome != run.Done {
		t.Fatalf("%s %s %v", r.Outcome, r.Reason, err)
	}
	n.partner("users.csv", describedName)
	if !describes(t, n.Read("out", describedName), "users.csv", *held.File) {
		t.Error("the descriptor is of another file")
	}
}

// TestAnyOperationOfADescribedRunMayFail: the file is there whole and once after the next run, with
// its own descriptor, and whoever finds a new file finds its descriptor.
func TestAnyOperationOfADescribedRunMayFail(t *testing.T) {
	t.Parallel()
	for _, late := range []bool{false, true} {
		for _, dead := range []bool{false, true} {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				n := newDescribed(t, 40)
				for at := 1; ; at += 2 * flowtest.Step {
					n.t = t
					n.SetCompany(good(40))
					want := n.run(run.Done)
					n.SetCompany(n.change([]int{n.sent()[5]}, func(u *sandbox.User) { u.LastName = "Other" }))
					n.Faults.Reset(at, late, dead)
					r, err := n.attempt()
					if slices.Contains(n.Names("out"), "users.csv") {
						if file := n.Read("out", "users.csv"); !strings.Contains(file, "Other") && int64(len(file)) != want.File.Bytes {
							t.Fatalf("%d: the partner read half a file", at)
						} else if err == nil && r.Outcome == run.Done && !describes(t, n.Read("out", describedName), "users.csv", *r.File) {
							t.Errorf("%d: done, with the descriptor of another file", at)
						}
					}
					more := n.Faults.Count() >= at
					n.Restart()
					if r := n.run(run.Done); !describes(t, n.Read("out", describedName), "users.csv", *r.File) || int64(len(n.Read("out", "users.csv"))) != r.File.Bytes {
						t.Fatalf("%d: the next run ended as %s, and the two are not one another's", at, r.Outcome)
					}
					n.partner("users.csv", describedName)
					if !more {
						return
					}
				}
			})
		}
	}
}

// TestNextFileIsNotComparedWithOneOfWhichOnlyTheDescriptorArrived: the partner has the one before.
func TestNextFileIsNotComparedWithOneOfWhichOnlyTheDescriptorArrived(t *testing.T) {
	t.Parallel()
	n := newDescribed(t, 40)
	first := n.run(run.Done)
	n.SetCompany(n.change(n.sent()[:3], func(u *sandbox.User) { u.LastName = "Other" }))
	only := false
	for at := 1; !only; at++ {
		n.Faults.Reset(at, false, true)
		record := n.Begin("nightly", run.Export)
		_, _, _ = n.Perform(record, n.work(record))
		if n.Faults.Count() < at {
			t.Fatal("there is no such operation")
		}
		n.Restart()
		last, err := n.State.Deliveries.LastDelivery(t.Context(), "nightly")
		if err != nil {
			t.Fatal(err)
		}
		only = last.Name == describedName
	}
	// The partner has the first file, in which three people have other names.
	record := n.Begin("nightly", run.Export)
	in := n.input(record)
	in.Diff, in.Spool = true, filepath.Join(n.Dir, "spool")
	r, err := exports.Rehearse(t.Context(), n.deps(), in)
	if err != nil || r.Difference == nil || r.Difference.Previous != first.ID {
		t.Fatalf("compared with %+v: %v", r.Difference, err)
	}
	if r.Difference.ChangedCount != 3 {
		t.Errorf("%d people changed, want 3: %+v", r.Difference.ChangedCount, r.Difference)
	}
}

// TestFileAfterADescriptorAloneIsTheFirst, where there was none before: it is compared with nothing,
// and sent.
func TestFileAfterADescriptorAloneIsTheFirst(t *testing.T) {
	t.Parallel()
	n := newDescribed(t, 40)
	n.half("users.csv")
	if r := n.run(run.Done); r.People != nil || n.Read("out", "users.csv") != n.Read("spool", r.ID, "users.csv") {
		t.Errorf("compared with another: %+v", r.People)
	}
}

// TestFileAfterOneThatIsForgottenWaits: the partner has one, and nobody knows whom a smaller one would
// take out of it.
func TestFileAfterOneThatIsForgottenWaits(t *testing.T) {
	t.Parallel()
	n := newDescribed(t, 40)
	first := n.run(run.Done)
	sent := n.Read("out", "users.csv")
	n.half("users.csv")
	n.forget()
	n.SetCompany(everywhere(20))
	held := n.run(run.Held)
	if !slices.ContainsFunc(held.Limits, func(l run.Limit) bool { return l.Name == "last_file" && l.Held }) || n.Read("out", "users.csv") != sent {
		t.Errorf("after %s the partner has another file, or the limits are %+v", first.ID, held.Limits)
	}
	if r, err := n.approve(held.ID); err != nil || r.Outcome != run.Done || n.Read("out", "users.csv") == sent {
		t.Errorf("once it was approved: %s %s, %v", r.Outcome, r.Reason, err)
	}
	if r := n.run(run.Done); r.People == nil {
		t.Error("the next file is compared with nothing again")
	}
}

// TestResumedDescribedRunSendsTheRest.
func TestResumedDescribedRunSendsTheRest(t *testing.T) {
	t.Parallel()
	n := newDescribed(t, 30)
	half := 0
	for at := 1; ; at += flowtest.Step {
		for _, name := range n.Names("out") {
			if err := os.Remove(filepath.Join(n.Dir, "out", name)); err != nil {
				t.Fatal(err)
			}
		}
		n.Faults.Reset(at, false, true)
		record := n.Begin("nightly", run.Export)
		_, _, err := n.Perform(record, n.work(record))
		if err == nil || n.Kept(record.ID).Outcome != "" {
			break
		}
		n.Faults.Reset(0, false, false)
		if slices.Equal(n.Names("out"), []string{describedName}) {
			half++
		}
		r, _, err := n.Perform(record, func(ctx context.Context) (flow.Result, error) {
			in := n.input(record)
			in.Resumed = true
			return exports.Run(ctx, n.deps(), in)
		})
		if err != nil || r.Outcome != run.Done || !describes(t, n.Read("out", describedName), "users.csv", *r.File) {
			t.Fatalf("%d: %s %s %v", at, r.Outcome, r.Reason, err)
		}
		n.partner("users.csv", describedName)
	}
	if half == 0 {
		t.Error("no process died between the two")
	}
}

// TestResendSendsTheDescriptorToo.
func TestResendSendsTheDescriptorToo(t *testing.T) {
	t.Parallel()
	n := newDescribed(t, 30)
	r := n.run(run.Done)
	for _, name := range n.Names("out") {
		if err := os.Remove(filepath.Join(n.Dir, "out", name)); err != nil {
			t.Fatal(err)
		}
	}
	of := n.input(n.Kept(r.ID))
	record := n.Begin("nightly", run.Export)
	again, _, err := n.Perform(record, func(ctx context.Context) (flow.Result, error) {
		return exports.Resend(ctx, n.deps(), n.input(record), of)
	})
	if err != nil || again.Outcome != run.Done {
		t.Fatalf("%s %s %v", again.Outcome, again.Reason, err)
	}
	n.partner("users.csv", describedName)
	if !describes(t, n.Read("out", describedName), "users.csv", *r.File) {
		t.Error("another descriptor was sent")
	}
}
