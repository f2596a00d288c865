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
	"lucca-exchange/internal/step"
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
		"nobody knows of any":               {step: delivery.StepUploading, ago: old, always: "look up unfinished deliveries", fails: flowtest.ErrFault},
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
			w.Faults.Always, w.Faults.Reads = tt.always, true
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

// TestWhatIsSettledIsNotLeft: a run stops for what is left, and names that, whatever was settled beside it.
func TestWhatIsSettledIsNotLeft(t *testing.T) {
	t.Parallel()
	for step, settled := range map[delivery.Step]string{delivery.StepMarking: "delivered", delivery.StepUploading: "failed"} {
		w := newWorld(t)
		for name, at := range map[string]time.Time{"young": flow.Now(), "stuck": flow.Now().Add(-remote.Patience - time.Minute)} {
			r := delivery.Record{Run: w.Begin(name, run.Export).ID, Flow: "f", Remote: "out", Name: name + ".csv", Temp: name + ".part", Step: delivery.StepUploading, Bytes: 1, SHA256: "00", At: at}
			if name == "young" {
				r.Step = step
			}
			if err := w.State.Whole.Deliveries().DeliveryJournal().Save(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		var log bytes.Buffer
		o := w.Outbox()
		o.Logger = slog.New(slog.NewTextHandler(&log, nil))
		w.Faults.Always = "remove stuck.part"
		warnings, err := o.Settle(t.Context(), "f")
		if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0].Message, `left of "stuck.csv" on out`) {
			t.Errorf("%s beside it: %+v, %v", settled, warnings, err)
		}
		if !strings.Contains(log.String(), "file=young.csv step="+settled) {
			t.Errorf("want it %s, and logged is\n%s", settled, &log)
		}
	}
}

// TestAFileIsSentThoughNobodyKnowsWhatFailedBefore: what may be left of it stays there.
func TestAFileIsSentThoughNobodyKnowsWhatFailedBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Write("a;b\n", "users.csv")
	var log bytes.Buffer
	var came int64
	o := w.Outbox()
	known := o.Known
	o.Known, o.Logger, o.Progress = forgetful{known}, slog.New(slog.NewTextHandler(&log, nil)), func(sent, _ int64) { came = sent }
	ctx, clock, _ := step.Start(t.Context(), step.Tracer{}, run.Run{})
	p := flow.Parcel{Run: w.Begin("f", run.Export).ID, Flow: "f", To: "out", Name: "users.csv", Path: filepath.Join(w.Dir, "users.csv"), Bytes: 4, SHA256: sum("a;b\n")}
	if _, said, err := o.Send(ctx, p); err != nil || len(said) != 0 || w.Read("out", "users.csv") != "a;b\n" || came != 4 {
		t.Errorf("%d bytes are sent: %+v, %v", came, said, err)
	}
	if steps := clock.Steps(); len(steps) != 1 || steps[0].Name != string(step.Send) {
		t.Errorf("measured are %+v", steps)
	}
	o.Known = known
	p.Run, p.Name = w.Begin("g", run.Export).ID, "more.csv"
	if _, _, err := o.Send(t.Context(), p); err != nil || strings.Count(log.String(), "msg=file.delivered") != 2 {
		t.Errorf("%v, and logged is\n%s", err, &log)
	}
	if strings.Count(log.String(), "msg=sweep.failed") != 1 {
		t.Errorf("want one sweep that failed in\n%s", &log)
	}
}

// forgetful does not know what has failed.
type forgetful struct{ flow.Deliveries }

func (forgetful) FailedDeliveries(context.Context, string, time.Time) ([]delivery.Record, error) {
	return nil, flowtest.ErrFault
}
