// Command lucca-exchange exchanges employee files between a Lucca HR tenant and the
// services around it. Each command has a file of its own here; what it does is in
// internal/app, how it is shown in internal/show.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"
	_ "time/tzdata" // an image from scratch has no time zones

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/show"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/step"
)

// The exit codes. Scripts depend on them.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitConfig      = 78 // EX_CONFIG of sysexits(3): serve only
	exitInterrupted = 130
)

// memoryLimit is how much memory the runtime tries to do with, in bytes: it collects garbage
// more often rather than take more. GOMEMLIMIT sets another one.
const memoryLimit = 192 << 20

func main() {
	if _, set := os.LookupEnv("GOMEMLIMIT"); !set {
		debug.SetMemoryLimit(memoryLimit)
	}
	// The first signal ends what is going on in order; a second one ends the program.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	s, root := newRoot(os.Stdout, os.Stderr)
	s.hear(root, os.Args[1:])
	s.tracer, s.untraced = step.Open(ctx, version().Version)
	err := root.ExecuteContext(ctx)
	code := s.report(err, ctx.Err() != nil)
	if err := flush(s.tracer); err != nil {
		s.logger().Warn("traces.lost", "err", err)
	}
	os.Exit(code)
}

// lastTraces is how long the end of the program waits for a collector of traces.
const lastTraces = 3 * time.Second

func flush(t step.Tracer) error {
	ctx, done := context.WithTimeout(context.Background(), lastTraces)
	defer done()
	return t.Close(ctx)
}

// report says what went wrong in the form of the log, and returns the exit code.
func (s *cli) report(err error, interrupted bool) int {
	if s.logFormat != "json" {
		return report(s.on(os.Stderr), err, interrupted)
	}
	code := report(show.On(io.Discard, nil), err, interrupted)
	faults, misread := errors.AsType[config.Faults](err)
	_, shown := errors.AsType[ended](err)
	switch {
	case err == nil, shown:
	case interrupted:
		s.logger().Warn("command.interrupted")
	case misread:
		for _, f := range faults {
			s.logger().Error("config.refused", "err", fmt.Sprint(f))
		}
	default:
		s.logger().Error("command.failed", "err", flow.Sentence(err))
	}
	return code
}

// ended carries the exit code of a run whose outcome has been shown already.
type ended struct{ code int }

// Error is never shown.
func (e ended) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// misconfigured is an error of serve that comes again until somebody mends the configuration.
// Its code is one that Go never ends a program with, so that a service manager can start the
// daemon again after a crash and not after this.
type misconfigured struct{ error }

// Unwrap gives the fault of the configuration.
func (m misconfigured) Unwrap() error { return m.error }

// performed is an error of a command that had understood its arguments; other errors are
// about the arguments.
type performed struct{ error }

// Unwrap gives the error of the command.
func (p performed) Unwrap() error { return p.error }

// outcome is the exit code of a run as an error.
func outcome(record state.Record) error {
	if record.Outcome == run.Canceled {
		return ended{exitInterrupted}
	}
	if code := record.Outcome.ExitCode(); code != exitDone {
		return ended{code}
	}
	return nil
}

// report says what went wrong, and returns the exit code.
func report(stderr show.Page, err error, interrupted bool) int {
	if err == nil {
		return exitDone
	}
	// A run that ended in spite of a signal has the exit code of its outcome.
	if e, ok := errors.AsType[ended](err); ok {
		return e.code
	}
	if interrupted {
		show.Say(stderr, "lucca-exchange: interrupted")
		return exitInterrupted
	}
	usage := exitUsage
	if _, ok := errors.AsType[misconfigured](err); ok {
		usage = exitConfig
	}
	if faults, ok := errors.AsType[config.Faults](err); ok {
		show.Faults(stderr, faults)
		return usage
	}
	show.Fault(stderr, flow.Sentence(err))
	if _, ok := errors.AsType[performed](err); !ok || errors.Is(err, run.ErrUsage) {
		return usage
	}
	return exitFailed
}
