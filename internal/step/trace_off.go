//go:build !otel

package step

import (
	"context"
	"errors"
	"os"

	"lucca-exchange/internal/run"
)

// Tracer would send spans: this program is built without the tag otel, and has none.
type Tracer struct{}

// errUntraced says that traces are asked for, and cannot be had.
var errUntraced = errors.New("OTEL_EXPORTER_OTLP_ENDPOINT is set, and this program is built without traces: build it with -tags otel, or unset the variable")

// Open returns a Tracer that does nothing. The error is for a log: whoever sets OpenTelemetry's
// variables expects traces.
func Open(context.Context, string) (Tracer, error) {
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != "" {
		return Tracer{}, errUntraced
	}
	return Tracer{}, nil
}

// Close has nothing to send.
func (Tracer) Close(context.Context) error { return nil }

type trace struct{}

func (trace) start(ctx context.Context, _ Tracer, _ run.Run) (context.Context, func(run.Outcome)) {
	return ctx, func(run.Outcome) {}
}

func (trace) step(ctx context.Context, _ Name) (context.Context, func()) { return ctx, func() {} }
