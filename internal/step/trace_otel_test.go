//go:build otel

package step_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/step"
)

// TestARunIsATrace: a collector gets a span of the run, and one of each step below it.
func TestARunIsATrace(t *testing.T) {
	got := make(chan *collector.ExportTraceServiceRequest, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		in := new(collector.ExportTraceServiceRequest)
		if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, in) != nil {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		got <- in
	}))
	defer server.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL)
	tracer, err := step.Open(t.Context(), "v1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	ctx, _, end := step.Start(t.Context(), tracer, run.Run{ID: "r1", Flow: "nightly", Kind: run.Export})
	_, done := step.Begin(ctx, step.Send)
	done()
	end(run.Failed)
	if err := tracer.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	spans := (<-got).GetResourceSpans()[0].GetScopeSpans()[0].GetSpans()
	if len(spans) != 2 || spans[0].GetName() != "send" || spans[1].GetName() != "run" || string(spans[0].GetParentSpanId()) != string(spans[1].GetSpanId()) {
		t.Fatalf("spans are %v", spans)
	}
	about := make(map[string]string)
	for _, a := range spans[1].GetAttributes() {
		about[a.GetKey()] = a.GetValue().GetStringValue()
	}
	if about["flow"] != "nightly" || about["run"] != "r1" || about["outcome"] != "failed" || spans[1].GetStatus().GetCode().String() != "STATUS_CODE_ERROR" {
		t.Errorf("the run's span has %v, %v", about, spans[1].GetStatus())
	}
}

// TestNothingIsSentUnasked: without OpenTelemetry's variables there is no exporter.
func TestNothingIsSentUnasked(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	tracer, err := step.Open(t.Context(), "v1")
	if err != nil || tracer != (step.Tracer{}) {
		t.Errorf("%v, %v", tracer, err)
	}
}
