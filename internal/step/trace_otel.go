//go:build otel

package step

import (
	"context"
	"errors"
	"fmt"
	"os"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	otel "go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"lucca-exchange/internal/run"
)

// Tracer sends a span for each run and each of its steps, with the flow, the run's id and the
// outcome, and with nothing about people.
type Tracer struct{ provider *sdk.TracerProvider }

// Open sends to where OpenTelemetry's own variables say (OTEL_EXPORTER_OTLP_ENDPOINT and its kin,
// OTLP over HTTP); without them nothing is sent. Spans wait in memory and are dropped where the
// collector is away: a run never waits for it. The caller closes the Tracer.
func Open(ctx context.Context, version string) (Tracer, error) {
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "" {
		return Tracer{}, nil
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return Tracer{}, fmt.Errorf("open the exporter of traces: %w", err)
	}
	about, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", "lucca-exchange"), attribute.String("service.version", version)),
		resource.WithFromEnv())
	if err != nil {
		return Tracer{}, errors.Join(fmt.Errorf("describe the origin of traces: %w", err), exporter.Shutdown(ctx))
	}
	return Tracer{sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithResource(about))}, nil
}

// Close sends what still waits.
func (t Tracer) Close(ctx context.Context) error {
	if t.provider == nil {
		return nil
	}
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("send the last traces: %w", err)
	}
	return nil
}

func (t Tracer) tracer() otel.Tracer {
	if t.provider == nil {
		return noop.NewTracerProvider().Tracer("")
	}
	return t.provider.Tracer("lucca-exchange")
}

type trace struct{ tracer otel.Tracer }

func (t *trace) start(ctx context.Context, from Tracer, r run.Run) (context.Context, func(run.Outcome)) {
	t.tracer = from.tracer()
	ctx, span := t.tracer.Start(ctx, "run", otel.WithAttributes(
		attribute.String("flow", r.Flow), attribute.String("run", r.ID), attribute.String("kind", string(r.Kind))))
	return ctx, func(outcome run.Outcome) {
		span.SetAttributes(attribute.String("outcome", string(outcome)))
		if outcome == run.Failed {
			span.SetStatus(codes.Error, "the run failed")
		}
		span.End()
	}
}

func (t *trace) step(ctx context.Context, name Name) (context.Context, func()) {
	ctx, span := t.tracer.Start(ctx, string(name))
	return ctx, func() { span.End() }
}
