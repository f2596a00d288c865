// Package notify tells people and machines how runs end: by mail, by an incoming webhook
// such as those of Slack and Teams, and by the pings of a dead-man switch.
//
// Mail and webhooks speak once per cause, not per run: while a flow goes on failing for the
// same reason they are silent for a day, and when it is well again they say so once. What
// was said is kept in a Memory, by target and flow. Pings are for machines and follow every
// run.
//
// This package decides who is told what and when; each channel (notify/mail, notify/webhook,
// notify/ping) has its keys of the configuration and carries a Message.
//
// A message may come twice rather than never: where an answer is lost it is sent again, and
// where the memory cannot be read it is sent anyway. None holds the value of a cell, the name
// or the address of an employee, or a secret, as long as the Event does not.
package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"lucca-exchange/internal/message"

	"lucca-exchange/internal/run"
)

// Product is the name under which messages speak.
const Product = "lucca-exchange"

// TimeLimit bounds what is sent to one target, with all attempts.
const TimeLimit = 15 * time.Second

const (
	saveLimit   = 5 * time.Second
	maxAttempts = 3
	firstPause  = 500 * time.Millisecond
	remindAfter = 22 * time.Hour // a day, less what the nightly slot of a short day and its delays take off
	maxListed   = 10
)

// Memory keeps what each target was last told of each flow, across restarts. Target and
// flow are opaque; a target is some 30 characters long and holds no secret.
type Memory interface {
	// Last returns what was saved last. The cause is empty, and no error, when nothing was.
	Last(ctx context.Context, target, flow string) (cause string, at time.Time, err error)
	// Save replaces it. An empty cause says that the flow was well again at that instant.
	Save(ctx context.Context, target, flow, cause string, at time.Time) error
	// Attempted keeps whether a target could be told, until the next attempt for the same flow.
	Attempted(ctx context.Context, a Attempt) error
}

// Attempt is one try to tell a target about a flow.
type Attempt struct {
	// Target is its ID, Place where it stands in the configuration.
	Target, Place, Flow string
	At                  time.Time
	// Fault is why nobody was told; nil when somebody was.
	Fault error
}

// Channel is one configured way to tell somebody. See the packages below this one.
type Channel interface {
	// Send carries the message, with further attempts where that may help. It reports
	// whether anybody got it, which is possible beside an error when it goes to several. No
	// error holds an address or a secret.
	Send(ctx context.Context, m Message) (told bool, err error)
}

// Reacher is a Channel that finds out whether a message would be taken, and sends none. No error
// holds an address or a secret.
type Reacher interface {
	Reach(ctx context.Context) error
}

// Target is one who is told.
type Target struct {
	// Place is where it stands in the configuration, for errors: notify[0].email.
	Place string
	// ID tells targets apart in the memory; it holds no secret. A target that changes in any
	// way is a new one.
	ID string
	// On are the ends of a run that it wants to know of.
	On []Kind
	// Follows: it is a machine that is told of every event, each time, and On is not read.
	Follows bool
	// Language is that of what is told; empty for English.
	Language message.Language
	Channel  Channel
}

// Options are what a Notifier works with.
type Options struct {
	Logger *slog.Logger
	// Hostname is the machine that the messages speak of; the system's if left out.
	Hostname string
	// Memory is needed where there is a target that does not follow every event.
	Memory Memory
	// Page is the address of the page about a run, or of the first page for a run without an id;
	// empty where there is none. Left out, no message has an address.
	Page func(r run.Run) string
}

func (o Options) page(r run.Run) string {
	if o.Page == nil {
		return ""
	}
	return o.Page(r)
}

// Notifier tells targets. It may be used concurrently.
type Notifier struct {
	targets []Target
	memory  Memory
	logger  *slog.Logger
	machine string
}

// New makes a Notifier.
func New(targets []Target, o Options) (*Notifier, error) {
	if o.Hostname == "" {
		name, err := os.Hostname()
		if err != nil {
			return nil, fmt.Errorf("ask for the name of this machine: %w", err)
		}
		o.Hostname = name
	}
	if o.Memory == nil && slices.ContainsFunc(targets, func(t Target) bool { return !t.Follows }) {
		return nil, errors.New("notify people: want a memory of what they were told")
	}
	return &Notifier{targets: targets, memory: o.Memory, logger: o.Logger, machine: o.Hostname}, nil
}

// Send tells every target that wants to know of the event, all at the same time and each
// within 15 seconds. The error joins what went wrong, by target; it is for the log, since a
// message that is not sent changes nothing about a run. What was not sent is tried again at
// the flow's next event of the same cause. A context that is done sends nothing.
func (n *Notifier) Send(ctx context.Context, e Event) error {
	faults := make([]error, len(n.targets))
	var all sync.WaitGroup
	for i, t := range n.targets {
		all.Go(func() { faults[i] = n.tell(ctx, t, e) })
	}
	all.Wait()
	return errors.Join(faults...)
}

// tell sends what the event means to one target, if that is news.
func (n *Notifier) tell(ctx context.Context, t Target, e Event) error {
	if t.Follows {
		if e.Again {
			return nil // it was told of the run
		}
		return n.follow(ctx, t, e)
	}
	if e.Kind == Started {
		return nil
	}
	now := time.Now()
	cause, at, memoryFault := n.memory.Last(ctx, t.ID, e.Flow)
	if memoryFault != nil {
		memoryFault = fmt.Errorf("%s: look up what was sent before: %w", t.Place, memoryFault)
		cause = ""
	}
	news, next := told{cause, at}.judge(e, t.On, now)
	if news == silence {
		return memoryFault
	}
	limited, cancel := context.WithTimeout(ctx, TimeLimit)
	defer cancel()
	m := Message{Event: e, At: now, Language: t.Language, Machine: n.machine}
	if news == recovery {
		m.Earlier = kindOf(cause)
	}
	sent, err := t.Channel.Send(limited, m)
	if err != nil {
		err = fmt.Errorf("send %s: %w", t.Place, err)
	}
	if sent {
		n.attempted(ctx, t, e, nil)
	} else {
		n.attempted(ctx, t, e, err)
		return errors.Join(memoryFault, err)
	}
	n.logger.InfoContext(ctx, "notification.sent", "target", t.Place, "flow", e.Flow, "run", e.Run, "outcome", string(e.Kind), "recovered", news == recovery)
	return errors.Join(memoryFault, err, n.save(ctx, t, e.Flow, told{next, now}))
}

// attempted keeps whether a target could be told. Where that cannot be kept, the log has it.
func (n *Notifier) attempted(ctx context.Context, t Target, e Event, fault error) {
	if n.memory == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveLimit)
	defer cancel()
	if err := n.memory.Attempted(ctx, Attempt{Target: t.ID, Place: t.Place, Flow: e.Flow, At: time.Now(), Fault: fault}); err != nil {
		n.logger.WarnContext(ctx, "notification.unrecorded", "target", t.Place, "flow", e.Flow, "err", err)
	}
}

// save remembers what was sent, also when the run is being stopped: it was sent.
func (n *Notifier) save(ctx context.Context, t Target, flow string, v told) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveLimit)
	defer cancel()
	if err := n.memory.Save(ctx, t.ID, flow, v.cause, v.at); err != nil {
		return fmt.Errorf("%s: remember what was sent: %w", t.Place, err)
	}
	return nil
}

// follow passes an event on to a machine.
func (n *Notifier) follow(ctx context.Context, t Target, e Event) error {
	ctx, cancel := context.WithTimeout(ctx, TimeLimit)
	defer cancel()
	_, err := t.Channel.Send(ctx, Message{Event: e, At: time.Now(), Machine: n.machine})
	if err != nil {
		err = fmt.Errorf("send %s: %w", t.Place, err)
	}
	n.attempted(ctx, t, e, err)
	return err
}

// Retry makes attempts while the errors are not permanent (backoff.Permanent), and returns
// the last of them.
func Retry(ctx context.Context, attempt func() error) error {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.Multiplier = firstPause, 2
	var last error
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		last = attempt()
		return struct{}{}, last
	}, backoff.WithBackOff(pauses), backoff.WithMaxTries(maxAttempts), backoff.WithMaxElapsedTime(TimeLimit))
	if err == nil {
		return nil
	}
	if permanent, ok := errors.AsType[*backoff.PermanentError](last); ok {
		return permanent.Unwrap()
	}
	return last
}
