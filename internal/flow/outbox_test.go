package flow_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/flowtest"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/run"
)

// TestWhatWasLeftOfADelivery is settled, or said to whoever can do better; a run goes on without only
// after a day.
func TestWhatWasLeftOfADelivery(t *testing.T) {
	t.Parallel()
	young, old := time.Minute, remote.Patience+time.Minute
	for name, tt := range map[string]struct {
		step   delivery.Step
		ago    time.Duration
		always string // fails
		stops  bool   // the run is ended meanwhile
		says   string // in a warning
		fails  error
	}{
		"settled":                           {step: delivery.StepUploading, ago: young},
		"nobody answers":                    {step: delivery.StepUploading, ago: young, always: "connect", fails: flowtest.ErrFault},
		"nobody answers for a day":          {step: delivery.StepUploading, ago: old, always: "connect", says: "could not be settled for more than a day, and later files go on without: look there: "},
		"the run is ended meanwhile":        {step: delivery.StepUploading, ago: old, stops: true, fails: context.Canceled},
		"it cannot be recorded":             {step: delivery.StepUploading, ago: young, always: "delivery is failed", fails: flowtest.ErrFault},
		"it cannot be recorded for a day":   {step: delivery.StepUploading, ago: old, always: "delivery is failed", says: "could not be settled for more than a day"},
		"it is at a step that nobody knows": {step: "teleporting", ago: young, says: `is taken for failed: unknown step "teleporting" in the journal`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			r := delivery.Record{Run: w.Begin("f", run.Export).ID, Flow: "f", Remote: "out", Name: "users.csv", Temp: "users.csv.part", Step: tt.step, Bytes: 1, SHA256: "00", At: flow.Now().Add(-tt.ago)}
			if err := w.State.Whole.Deliveries().DeliveryJournal().Save(ctx, r); err != nil {
				t.Fatal(err)
			}
			w.Faults.Always = tt.always
			o := w.Outbox()
			o.Target = func(name string) (delivery.Target, bool) {
				if tt.stops {
					stop()
				}
				return w.Target(name)
			}
			warnings, err := o.Settle(ctx, "f")
			said := fmt.Sprint(warnings)
			if !errors.Is(err, tt.fails) || (len(warnings) == 0) != (tt.says == "") || !strings.Contains(said, tt.says) {
				t.Errorf("said %s, %v", said, err)
			}
		})
	}
}

// TestAFileIsSentThoughNobodyKnowsWhatFailedBefore: what may be left of it stays there.
func TestAFileIsSentThoughNobodyKnowsWhatFailedBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Write("a;b\n", "users.csv")
	var log bytes.Buffer
	o := w.Outbox()
	o.Known, o.Logger = forgetful{o.Known}, slog.New(slog.NewTextHandler(&log, nil))
	p := flow.Parcel{Run: w.Begin("f", run.Export).ID, Flow: "f", To: "out", Name: "users.csv", Path: filepath.Join(w.Dir, "users.csv"), Bytes: 4, SHA256: sum("a;b\n")}
	if _, said, err := o.Send(t.Context(), p); err != nil || len(said) != 0 || w.Read("out", "users.csv") != "a;b\n" {
		t.Errorf("%+v, %v", said, err)
	}
	for _, event := range []string{"msg=sweep.failed", "msg=file.delivered"} {
		if strings.Count(log.String(), event) != 1 {
			t.Errorf("want one %s in\n%s", event, &log)
		}
	}
}

// forgetful does not know what has failed.
type forgetful struct{ flow.Deliveries }

func (forgetful) FailedDeliveries(context.Context, string, time.Time) ([]delivery.Record, error) {
	return nil, flowtest.ErrFault
}
