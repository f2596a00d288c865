// Package notify tells people and machines how runs end: by mail, by an incoming webhook
// such as those of Slack and Teams, and by the pings of a dead-man switch.
//
// Mail and webhooks speak once per cause, not per run: while a flow goes on failing for the
// same reason they are silent for a day, and when it is well again they say so once. What
// was said is kept in a Memory, by target and flow. Pings are for machines and follow every
// run; see Ping.
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
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Bounds of what is sent to one target.
const (
	timeLimit    = 15 * time.Second // with all attempts
	saveLimit    = 5 * time.Second
	maxAttempts  = 3
	firstPause   = 500 * time.Millisecond
	remindAfter  = 22 * time.Hour // a day, less what the nightly slot of a short day and its delays take off
	productName  = "lucca-exchange"
	maxListed    = 10
	expiryLayout = "Mon, 2 Jan 2006 15:04 MST"
)

// Memory keeps what each target was last told of each flow, across restarts. Target and
// flow are opaque; a target is some 30 characters long and holds no secret.
type Memory interface {
	// Last returns what was saved last. The cause is empty, and no error, when nothing was.
	Last(ctx context.Context, target, flow string) (cause string, at time.Time, err error)
	// Save replaces it. An empty cause says that the flow was well again at that instant.
	Save(ctx context.Context, target, flow, cause string, at time.Time) error
}

// Options are what a Notifier works with.
type Options struct {
	Logger *slog.Logger
	// HTTP sends webhooks and pings; nil for one of its own. Redirects are never followed,
	// since the address is the secret.
	HTTP *http.Client
	// Hostname is the machine that the messages speak of; the system's if left out.
	Hostname string
	// Memory is needed where there is any mail or webhook.
	Memory Memory
}

// Notifier sends to the targets of a configuration. It may be used concurrently.
type Notifier struct {
	targets []target
	pingers []pinger
	memory  Memory
	logger  *slog.Logger
}

// target is a place that people read.
type target struct {
	place string // notify[0].email, for errors
	id    string
	on    []Kind
	to    channel
}

// channel carries a message to one target.
type channel interface {
	// tell sends the message, with further attempts where that may help. It reports whether
	// anybody got it, which is possible beside an error when it goes to several.
	tell(ctx context.Context, m message) (told bool, err error)
}

var (
	_ channel = (*mailer)(nil)
	_ channel = (*webhook)(nil)
)

// New makes a Notifier, and reads the secrets of all targets. The configuration is expected
// to be valid.
func New(c Config, o Options) (*Notifier, error) {
	if o.Hostname == "" {
		name, err := os.Hostname()
		if err != nil {
			return nil, fmt.Errorf("notify: ask for the name of this machine: %w", err)
		}
		o.Hostname = name
	}
	web := newPoster(o.HTTP)
	n := &Notifier{memory: o.Memory, logger: o.Logger}
	var faults []error
	for i, t := range c {
		t = t.withDefaults()
		place := fmt.Sprintf("notify[%d].%s", i, t.medium())
		if t.Ping != nil {
			n.pingers = append(n.pingers, pinger{place: place, address: t.Ping.URL, web: web})
			continue
		}
		to, err := t.channel(o.Hostname, web)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s.%w", place, err))
			continue
		}
		n.targets = append(n.targets, target{place: place, id: t.id(), on: t.On, to: to})
	}
	if len(n.targets) > 0 && o.Memory == nil {
		faults = append(faults, errors.New("notify: mail and webhooks need a memory"))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return n, nil
}

// channel makes the way to a target that people read. Errors begin with the key at fault.
func (t Target) channel(host string, web poster) (channel, error) {
	if t.Email != nil {
		return newMailer(*t.Email, host)
	}
	return newWebhook(*t.Webhook, host, web)
}

// Send tells every target that wants to know of the event, all at the same time and each
// within 15 seconds. The error joins what went wrong, by target; it is for the log, since a
// message that is not sent changes nothing about a run. What was not sent is tried again at
// the flow's next event of the same cause. A context that is done sends nothing.
func (n *Notifier) Send(ctx context.Context, e Event) error {
	faults := make([]error, len(n.targets)+len(n.pingers))
	var all sync.WaitGroup
	for i, t := range n.targets {
		all.Go(func() { faults[i] = n.tell(ctx, t, e) })
	}
	for i, p := range n.pingers {
		all.Go(func() { faults[len(n.targets)+i] = p.ping(ctx, e) })
	}
	all.Wait()
	return errors.Join(faults...)
}

// tell sends what the event means to one target, if that is news.
func (n *Notifier) tell(ctx context.Context, t target, e Event) error {
	if e.Kind == Started {
		return nil
	}
	now := time.Now()
	cause, at, memoryFault := n.memory.Last(ctx, t.id, e.Flow)
	if memoryFault != nil {
		memoryFault = fmt.Errorf("%s: look up what was sent before: %w", t.place, memoryFault)
		cause = ""
	}
	news, next := told{cause, at}.judge(e, t.on, now)
	if news == silence {
		return memoryFault
	}
	limited, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	m := message{Event: e, at: now}
	if news == recovery {
		m.earlier = kindOf(cause)
	}
	sent, err := t.to.tell(limited, m)
	if err != nil {
		err = fmt.Errorf("send %s: %w", t.place, err)
	}
	if !sent {
		return errors.Join(memoryFault, err)
	}
	n.logger.InfoContext(ctx, "notification.sent", "target", t.place, "flow", e.Flow, "run", e.Run, "outcome", string(e.Kind), "recovered", news == recovery)
	return errors.Join(memoryFault, err, n.save(ctx, t, e.Flow, told{next, now}))
}

// save remembers what was sent, also when the run is being stopped: it was sent.
func (n *Notifier) save(ctx context.Context, t target, flow string, v told) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveLimit)
	defer cancel()
	if err := n.memory.Save(ctx, t.id, flow, v.cause, v.at); err != nil {
		return fmt.Errorf("%s: remember what was sent: %w", t.place, err)
	}
	return nil
}

// retry makes attempts while the errors are not permanent, and returns the last of them.
func retry(ctx context.Context, attempt func() error) error {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.Multiplier = firstPause, 2
	var last error
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		last = attempt()
		return struct{}{}, last
	}, backoff.WithBackOff(pauses), backoff.WithMaxTries(maxAttempts), backoff.WithMaxElapsedTime(timeLimit))
	if err == nil {
		return nil
	}
	if permanent, ok := errors.AsType[*backoff.PermanentError](last); ok {
		return permanent.Unwrap()
	}
	return last
}
