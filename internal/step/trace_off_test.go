//go:build !otel

package step_test

import (
	"testing"

	"lucca-exchange/internal/step"
)

// TestTracesThatCannotBeHadAreRefused: whoever sets OpenTelemetry's variables expects traces.
func TestTracesThatCannotBeHadAreRefused(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
	if _, err := step.Open(t.Context(), "v1"); err == nil {
		t.Error("no word of it")
	}
}
