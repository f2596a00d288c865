package daemon

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"lucca-exchange/internal/acts"
	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web/api"
	"lucca-exchange/internal/web/console"
)

// background is the work that goes on while an answer is given.
type background struct {
	work sync.WaitGroup
	// stopped ends it.
	stopped chan struct{}
}

func newBackground() *background { return &background{stopped: make(chan struct{})} }

// run does work until the daemon stops, whatever becomes of the request.
func (b *background) run(ctx context.Context, work func(ctx context.Context)) {
	b.work.Go(func() {
		ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		defer cancel()
		go func() {
			select {
			case <-b.stopped:
				cancel()
			case <-ctx.Done():
			}
		}()
		work(ctx)
	})
}

// stop interrupts what is at work, like a command that is interrupted, and waits for it.
func (b *background) stop() {
	close(b.stopped)
	b.work.Wait()
}

// programActs are the acts of the instance of now, as programs ask for them.
type programActs struct {
	// acts are those of the configuration as it is when they are asked for.
	acts       func() acts.Acts
	request    func(ctx context.Context, r state.Request) (string, error)
	background *background
	logger     *slog.Logger
}

var _ api.Acts = programActs{}

// Approve claims a held run, and has it carried out while the answer is given.
func (p programActs) Approve(ctx context.Context, run string, by audit.Entry) error {
	acts := p.acts()
	record, err := acts.Claim(ctx, run, by)
	if err != nil {
		return err
	}
	p.background.run(ctx, func(ctx context.Context) {
		if _, err := acts.Runs.CarryOut(ctx, record); err != nil {
			p.logger.ErrorContext(ctx, "approval.failed", "flow", record.Flow, "run", record.ID, "err", err)
		}
	})
	return nil
}

// Reject is Acts.Reject.
func (p programActs) Reject(ctx context.Context, run string, by audit.Entry) error {
	_, err := p.acts().Reject(ctx, run, by)
	return err
}

// Start is Queue.Request.
func (p programActs) Start(ctx context.Context, r state.Request) (string, error) {
	return p.request(ctx, r)
}

// Cancel is Acts.Cancel.
func (p programActs) Cancel(ctx context.Context, run string, by audit.Entry) error {
	_, err := p.acts().Cancel(ctx, run, by)
	return err
}

// Pause is Acts.Pause.
func (p programActs) Pause(ctx context.Context, flow string, until time.Time, by audit.Entry) error {
	return p.acts().Pause(ctx, flow, until, by)
}

// Resume is Acts.Resume.
func (p programActs) Resume(ctx context.Context, flow string, by audit.Entry) error {
	return p.acts().Resume(ctx, flow, by)
}

// DecideHire is acts.DecideHire.
func (p programActs) DecideHire(ctx context.Context, d inspect.HireDecision) (inspect.Hire, error) {
	return acts.DecideHire(ctx, p.acts(), d)
}

// Resend begins the run that sends the file of a run again, which goes on while the page is answered.
func (p programActs) Resend(ctx context.Context, id string, by audit.Entry) (string, error) {
	acts := p.acts()
	record, of, err := acts.BeginResend(ctx, id, by)
	if err != nil {
		return "", err
	}
	p.background.run(ctx, func(ctx context.Context) {
		if _, err := acts.Runs.Resend(ctx, record, of); err != nil {
			p.logger.ErrorContext(ctx, "resend.failed", "flow", record.Flow, "run", record.ID, "err", err)
		}
	})
	return record.ID, nil
}

// Download is Acts.Download.
func (p programActs) Download(ctx context.Context, id string, kind inspect.KeptKind, by audit.Entry) (inspect.KeptFile, error) {
	return p.acts().Download(ctx, id, kind, by)
}

// pageActs are the acts of the instance of now, as pages ask for them.
type pageActs struct{ programActs }

var _ console.Acts = pageActs{}

// Decide approves or rejects a held run. One that was seen without a plan or file is not the one
// that is held.
func (p pageActs) Decide(ctx context.Context, what console.Decision) error {
	what.By.Hash = what.Hash
	switch {
	case what.Hash == "":
		return p.acts().Refused(ctx, what.By, state.Record{Run: run.Run{ID: what.Run}}, state.ErrOtherPlan)
	case what.Approve:
		return p.Approve(ctx, what.Run, what.By)
	}
	return p.Reject(ctx, what.Run, what.By)
}

// Start is Queue.Request. A run that waits already is the one that was asked for.
func (p pageActs) Start(ctx context.Context, flow string, by audit.Entry) error {
	_, err := p.request(ctx, state.Request{Flow: flow, Act: by})
	if errors.Is(err, state.ErrAlreadyQueued) {
		return nil
	}
	return err
}
