package notify

import (
	"context"
	"fmt"
	"time"
)

// Tried is how the message of a test went to one target.
type Tried struct {
	Place string
	Err   error
}

// Test sends a message to every target, whatever it wants to know of, and remembers nothing: to
// see whether one arrives. Flow is whose check a machine is asked about where each flow has one.
func (n *Notifier) Test(ctx context.Context, flow string) []Tried {
	tried := make([]Tried, len(n.targets))
	for i, t := range n.targets {
		tried[i] = Tried{Place: t.Place, Err: n.try(ctx, t, flow)}
	}
	return tried
}

func (n *Notifier) try(ctx context.Context, t Target, flow string) error {
	ctx, cancel := context.WithTimeout(ctx, TimeLimit)
	defer cancel()
	m := Message{Event: Event{Kind: Trial, Flow: flow}, At: time.Now(), Machine: n.machine}
	if _, err := t.Channel.Send(ctx, m); err != nil {
		return fmt.Errorf("send %s: %w", t.Place, err)
	}
	return nil
}
