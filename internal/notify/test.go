package notify

import (
	"context"
	"fmt"
	"iter"
	"time"

	"lucca-exchange/internal/run"
)

// Tried is how the message of a test went to one target.
type Tried struct {
	Place string
	Err   error
}

// Test sends a message to every target, whatever it wants to know of, in their order, and
// remembers nothing: to see whether one arrives. Flow is whose check a machine is asked about
// where each flow has one.
func Test(ctx context.Context, targets iter.Seq2[Target, error], flow string, o Options) ([]Tried, error) {
	n, err := New(nil, o)
	if err != nil {
		return nil, err
	}
	var tried []Tried
	for target, err := range targets {
		if err != nil {
			err = fmt.Errorf("%s.%w", target.Place, err)
		} else {
			err = n.try(ctx, target, Event{Kind: Trial, Flow: flow, Page: o.page(run.Run{})})
		}
		tried = append(tried, Tried{Place: target.Place, Err: err})
	}
	return tried, nil
}

func (n *Notifier) try(ctx context.Context, t Target, e Event) error {
	ctx, cancel := context.WithTimeout(ctx, TimeLimit)
	defer cancel()
	m := Message{Event: e, At: time.Now(), Language: t.Language, Machine: n.machine}
	if _, err := t.Channel.Send(ctx, m); err != nil {
		return fmt.Errorf("send %s: %w", t.Place, err)
	}
	return nil
}
