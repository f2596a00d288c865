package remote_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"lucca-exchange/internal/remote"
)

// TestRetryWaitDoublesBeyondAMinute: an outage of a quarter of an hour can be bridged.
func TestRetryWaitDoublesBeyondAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		last := time.Now()
		var waits []time.Duration
		err := remote.Attempts{Max: 5, Wait: 90 * time.Second}.Retry(t.Context(), func() error {
			waits = append(waits, time.Since(last))
			last = time.Now()
			return remote.ErrTemporary
		}, func(error) bool { return true })
		want := []time.Duration{0, 90 * time.Second, 3 * time.Minute, 6 * time.Minute, 12 * time.Minute}
		if !errors.Is(err, remote.ErrTemporary) || !slices.Equal(waits, want) {
			t.Errorf("waited %v, want %v: %v", waits, want, err)
		}
	})
}

func TestRetryEnds(t *testing.T) {
	t.Parallel()
	permanent, stopped := errors.New("no"), errors.New("stopped")
	busy := fmt.Errorf("rename: %w", remote.ErrBusy)
	for name, tt := range map[string]struct {
		fails []error // then it succeeds
		want  error
		tries int
	}{
		"at once":                  {nil, nil, 1},
		"after a failure":          {[]error{remote.ErrTemporary}, nil, 2},
		"when it cannot pass":      {[]error{remote.ErrTemporary, permanent}, permanent, 2},
		"after so many attempts":   {slices.Repeat([]error{remote.ErrTemporary}, 9), remote.ErrTemporary, 3},
		"when a file is not busy":  {slices.Repeat([]error{busy}, 6), nil, 7},
		"when it is busy for good": {slices.Repeat([]error{busy}, 99), remote.ErrBusy, 8}, // 2+4+…+128 s
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tries := 0
				err := remote.Attempts{Max: 3, Wait: 2 * time.Second}.Retry(t.Context(), func() error {
					if tries++; tries > len(tt.fails) {
						return nil
					}
					return tt.fails[tries-1]
				}, func(err error) bool { return !errors.Is(err, permanent) })
				if !errors.Is(err, tt.want) || tries != tt.tries {
					t.Errorf("%d tries, want %d; error = %v, want %v", tries, tt.tries, err, tt.want)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, stopped)
		defer cancel()
		err := remote.Attempts{Max: 3, Wait: 2 * time.Second}.Retry(ctx, func() error { return remote.ErrNoSpace }, func(error) bool { return true })
		if !errors.Is(err, stopped) || !errors.Is(err, remote.ErrNoSpace) {
			t.Errorf("error = %v, want the cause and the last failure", err)
		}
	})
}
