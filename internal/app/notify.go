package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/notify"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// notifications are the memory of a notifier in the store.
type notifications struct {
	store *state.Store
}

// Last returns what a target was last told about a flow.
func (n notifications) Last(ctx context.Context, target, flow string) (string, time.Time, error) {
	return n.store.LastNotification(ctx, target, flow)
}

// Save records what a target was told.
func (n notifications) Save(ctx context.Context, target, flow, cause string, at time.Time) error {
	return n.store.SaveNotification(ctx, target, flow, cause, at)
}

// tell notifies whoever is to know of a run that began or ended. A notification that fails
// changes nothing of the run.
func (w wiring) tell(ctx context.Context, record state.Record, kind notify.Kind) {
	a := w.app
	if len(a.config.Notify) == 0 {
		return
	}
	ctx = context.WithoutCancel(ctx)
	open, err := targets(a.config)
	n, fault := notify.New(open, notify.Options{Logger: a.logger, Memory: notifications{a.store}})
	if fault == nil {
		fault = n.Send(ctx, w.event(ctx, record, kind))
	}
	if err = errors.Join(err, fault); err != nil {
		a.logger.ErrorContext(ctx, "notification.failed", "flow", record.Flow, "run", record.ID, "err", err)
	}
}

// TestNotifications sends a message to everybody whom the configuration tells of runs, in the
// order of the configuration. It needs no state.
func TestNotifications(ctx context.Context, o Options) ([]notify.Tried, error) {
	var tried []notify.Tried
	flow := slices.Sorted(maps.Keys(o.Config.Flows))[0] // there is one, which the configuration has checked
	for _, one := range o.Config.Notify {
		channel, err := one.Open()
		if err != nil {
			tried = append(tried, notify.Tried{Place: one.Place, Err: fmt.Errorf("%s.%w", one.Place, err)})
			continue
		}
		n, err := notify.New([]notify.Target{{Place: one.Place, Follows: true, Channel: channel}}, notify.Options{Logger: o.Logger})
		if err != nil {
			return tried, err
		}
		tried = append(tried, n.Test(ctx, flow)...)
	}
	return tried, nil
}

// targets opens the channels of whoever is to be told. Secrets are read each time, so that
// they can be changed while the program runs; a target that cannot be opened keeps none of
// the others from being told.
func targets(c *config.Config) (open []notify.Target, err error) {
	for _, n := range c.Notify {
		channel, fault := n.Open()
		if fault != nil {
			err = errors.Join(err, fmt.Errorf("%s.%w", n.Place, fault))
			continue
		}
		open = append(open, notify.Target{Place: n.Place, ID: n.ID, On: n.On, Follows: n.Follows, Channel: channel})
	}
	return open, err
}

// event is what is said of a run.
func (w wiring) event(ctx context.Context, record state.Record, kind notify.Kind) notify.Event {
	e := notify.Event{
		Kind: kind, Flow: record.Flow, Run: record.ID, Outcome: string(record.Outcome), Reason: record.Reason,
		Findings: notify.Summarize(record.Findings, record.Omitted),
	}
	if record.Rows != nil {
		e.Rows = notify.Rows{Read: record.Rows.Read, Sent: record.Rows.Sent, Rejected: record.Rows.Rejected}
	}
	if record.Outcome != run.Held {
		return e
	}
	e.Approve = strings.Join([]string{"lucca-exchange approve " + record.ID, "lucca-exchange reject " + record.ID}, "\n")
	if p, err := w.app.store.Plan(ctx, record.ID); err == nil {
		e.Expires = p.Expires.In(w.flow.Zone)
	}
	return e
}

// ended is the kind of event that the end of a run is.
func ended(record state.Record) notify.Kind {
	if record.Outcome == run.Failed && slices.ContainsFunc(record.Findings, func(f finding.Finding) bool { return f.Code == inbox.CodeMissing }) {
		return notify.Missing
	}
	if (record.Outcome == run.Done || record.Outcome == run.Nothing) && len(inspect.ToLookAt(record)) > 0 {
		return notify.Warned
	}
	return notify.Kind(record.Outcome)
}
