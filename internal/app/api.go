package app

import (
	"context"
	"net/http"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/flow/hires"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web/api"
	"lucca-exchange/internal/web/auth"
)

// api makes what programs ask of the daemon.
func (d *Daemon) api(accounts *auth.Authenticator) http.Handler {
	return api.New(api.Options{
		Accounts: accounts, Logger: d.logger, Acts: apiActs{d},
		Inspector: func() inspect.Inspector { return d.app.Load().Inspect() },
		Audit:     func() state.Audit { return d.app.Load().store.Audit() },
	}).Handler()
}

// apiActs are the acts of the instance of now.
type apiActs struct{ daemon *Daemon }

var _ api.Acts = apiActs{}

// Approve claims a held run, and has it carried out.
func (s apiActs) Approve(ctx context.Context, run string, by audit.Entry) error {
	a := s.daemon.app.Load()
	record, err := a.Acts().Claim(ctx, run, by)
	if err == nil {
		s.daemon.release(ctx, a, record)
	}
	return err
}

// Reject is Acts.Reject.
func (s apiActs) Reject(ctx context.Context, run string, by audit.Entry) error {
	_, err := s.daemon.app.Load().Acts().Reject(ctx, run, by)
	return err
}

// Start is Queue.Request.
func (s apiActs) Start(ctx context.Context, r state.Request) (string, error) {
	return s.daemon.runner.Queue().Request(ctx, r)
}

// Cancel is Acts.Cancel.
func (s apiActs) Cancel(ctx context.Context, run string, by audit.Entry) error {
	_, err := s.daemon.app.Load().Acts().Cancel(ctx, run, by)
	return err
}

// Pause is Acts.Pause.
func (s apiActs) Pause(ctx context.Context, flow string, until time.Time, by audit.Entry) error {
	return s.daemon.app.Load().Acts().Pause(ctx, flow, until, by)
}

// Resume is Acts.Resume.
func (s apiActs) Resume(ctx context.Context, flow string, by audit.Entry) error {
	return s.daemon.app.Load().Acts().Resume(ctx, flow, by)
}

// DecideHire is Acts.RetryHire or Acts.DropHire.
func (s apiActs) DecideHire(ctx context.Context, d api.HireDecision) (inspect.Hire, error) {
	acts, decision := s.daemon.app.Load().Acts(), hires.Decision{ID: d.ID, Seen: d.Seen, By: d.By}
	if d.Retry {
		return acts.RetryHire(ctx, decision)
	}
	return acts.DropHire(ctx, decision)
}
