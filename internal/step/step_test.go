package step_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/step"
)

// TestStepsOfARunAreMeasured: each once, in the order in which they ended, whoever did them.
func TestStepsOfARunAreMeasured(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, clock, end := step.Start(t.Context(), step.Tracer{}, run.Run{ID: "r1", Flow: "nightly"})
		for _, s := range []struct {
			name step.Name
			took time.Duration
		}{{step.Lucca, 2 * time.Second}, {step.Send, time.Second}, {step.Send, 3 * time.Second}} {
			_, done := step.Begin(ctx, s.name)
			time.Sleep(s.took)
			done()
		}
		end(run.Done)
		if got, want := clock.Steps(), []run.Step{{Name: "lucca", Seconds: 2}, {Name: "send", Seconds: 4}}; !slices.Equal(got, want) {
			t.Errorf("steps are %v, want %v", got, want)
		}
	})
}

// TestWhatIsNoRunIsNotMeasured, such as a check that reads Lucca.
func TestWhatIsNoRunIsNotMeasured(t *testing.T) {
	t.Parallel()
	ctx, done := step.Begin(context.Background(), step.Lucca)
	done()
	if ctx != context.Background() {
		t.Error("the context is another one")
	}
}
