// Package daemon keeps the parts of a serving process going: it starts them in order, says when
// all of them work, takes up a changed configuration, and stops them in reverse, each only when
// those that were started after it have ended. What the parts do it does not know.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// Part is something that goes on until its context ends. When it returns before, with an error
// or without, the whole daemon stops.
type Part struct {
	Name string
	Run  func(context.Context) error
}

// Every is a part that does something at once and then again and again; what goes wrong is its
// own to tell.
func Every(name string, pause time.Duration, do func(context.Context)) Part {
	return Part{Name: name, Run: func(ctx context.Context) error {
		for tick := time.Tick(pause); ; {
			do(ctx)
			select {
			case <-ctx.Done():
				return nil
			case <-tick:
			}
		}
	}}
}

// Options say what a daemon is made of.
type Options struct {
	// Parts are in the order in which they start.
	Parts []Part
	// Up is closed once they work.
	Up <-chan struct{}
	// Ready is told then.
	Ready func(context.Context)
	// Reload asks for a changed configuration, which Load takes up; after an error everything
	// is as it was.
	Reload <-chan os.Signal
	Load   func(context.Context) error
	Logger *slog.Logger
}

// Run keeps everything going until ctx ends or one part does. The error has the names of the
// parts that failed.
func Run(ctx context.Context, o Options) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	parts := append([]Part{
		{Name: "watchdog", Run: o.watchdog},
		{Name: "reload", Run: o.reloads},
	}, o.Parts...)
	at := make([]running, 0, len(parts))
	for _, p := range parts {
		at = append(at, start(ctx, p, end))
	}
	select {
	case <-o.Up:
		o.ready(ctx)
		<-ctx.Done()
	case <-ctx.Done():
	}
	o.tell(ctx, daemon.SdNotifyStopping)
	o.Logger.InfoContext(ctx, "shutdown.started")
	var faults []error
	for i := len(at) - 1; i >= 0; i-- {
		o.Logger.DebugContext(ctx, "part.stopping", "part", parts[i].Name)
		if err := at[i].stop(); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", parts[i].Name, err))
		}
	}
	return errors.Join(faults...)
}

// running is a part at work.
type running struct {
	// stop ends it, waits and returns its error.
	stop func() error
}

// start has a part go on when ctx ends, until it is stopped: others end before it.
func start(ctx context.Context, p Part, ended func()) running {
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var err error
	var done sync.WaitGroup
	done.Go(func() {
		defer ended()
		err = p.Run(own)
	})
	return running{stop: func() error {
		cancel()
		done.Wait()
		return err
	}}
}

func (o Options) ready(ctx context.Context) {
	o.tell(ctx, daemon.SdNotifyReady)
	o.Ready(ctx)
}

// reloads takes up a changed configuration whenever it is asked to.
func (o Options) reloads(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-o.Reload:
		}
		o.tell(ctx, daemon.SdNotifyReloading)
		if err := o.Load(ctx); err != nil {
			o.Logger.ErrorContext(ctx, "config.refused", "err", err)
		}
		o.tell(ctx, daemon.SdNotifyReady)
	}
}

// tell informs systemd, where it started us.
func (o Options) tell(ctx context.Context, what string) {
	if _, err := daemon.SdNotify(false, what); err != nil {
		o.Logger.WarnContext(ctx, "systemd.untold", "err", err)
	}
}

// watchdog tells systemd that we are alive.
func (o Options) watchdog(ctx context.Context) error {
	interval, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		return fmt.Errorf("read what systemd's watchdog wants: %w", err)
	}
	if interval == 0 {
		<-ctx.Done()
		return nil
	}
	for tick := time.Tick(interval / 3); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
			// A database that is away is for /readyz to tell: to be killed would only add to it.
			o.tell(ctx, daemon.SdNotifyWatchdog)
		}
	}
}
