package web

import (
	"context"
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/run"
)

const (
	namespace = "lucca_exchange"
	// snapshotBudget is what a scrape may take; Prometheus itself waits 10 s.
	snapshotBudget = 5 * time.Second
	maxScrapes     = 4
)

// Build is what is known of the program.
type Build struct{ Version, Commit string }

// Metrics counts what happens in this process. What the state itself knows, such as the
// last run of each flow, is asked of State at every scrape, so that it survives a restart
// and includes what other processes did.
type Metrics struct {
	registry *prometheus.Registry
	runs     *prometheus.CounterVec
	took     *prometheus.HistogramVec
	steps    *prometheus.HistogramVec
	missed   *prometheus.CounterVec
	hooks    *prometheus.CounterVec
	rows     *prometheus.CounterVec
	findings *prometheus.CounterVec
	bytes    *prometheus.CounterVec
	requests *prometheus.CounterVec
}

// NewMetrics makes a registry of its own, with Go's and the process's collectors.
func NewMetrics(b Build) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "runs_total", Help: "Runs that ended in this process, by outcome.",
		}, []string{"flow", "outcome"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "run_duration_seconds", Help: "How long the runs of this process took.",
			Buckets: []float64{1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600},
		}, []string{"flow"}),
		steps: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "step_duration_seconds", Help: "How long each step of the runs of this process took, such as lucca or send.",
			Buckets: []float64{0.1, 1, 5, 30, 120, 600, 3600},
		}, []string{"flow", "step"}),
		missed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "slots_missed_total", Help: "Slots that passed without a run and will have none.",
		}, []string{"flow"}),
		hooks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "hook_requests_total", Help: "Requests to hooks, by status of the answer.",
		}, []string{"code"}),
		rows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "rows_total", Help: "Rows of the runs of this process: read, sent or rejected.",
		}, []string{"flow", "state"}),
		findings: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "findings_total", Help: "Findings of the runs of this process, by code.",
		}, []string{"flow", "severity", "code"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "file_bytes_total", Help: "Bytes of the files that the runs of this process made or read.",
		}, []string{"flow"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "lucca_requests_total", Help: "Requests to Lucca by the runs of this process.",
		}, []string{"flow"}),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "Always 1; the labels say which program this is.",
		ConstLabels: prometheus.Labels{"version": b.Version, "commit": b.Commit, "goversion": runtime.Version()},
	})
	info.Set(1)
	m.registry.MustRegister(m.runs, m.took, m.steps, m.missed, m.hooks, m.rows, m.findings, m.bytes, m.requests, info,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Declare makes a flow's counters start at zero: an alert on their increase does not see
// the first event of a counter that was not there before.
func (m *Metrics) Declare(flow string, outcomes ...string) {
	for _, outcome := range outcomes {
		m.runs.WithLabelValues(flow, outcome)
	}
	for _, state := range []string{"read", "sent", "rejected"} {
		m.rows.WithLabelValues(flow, state)
	}
	m.bytes.WithLabelValues(flow)
	m.requests.WithLabelValues(flow)
	m.took.WithLabelValues(flow)
	m.missed.WithLabelValues(flow)
}

// Run is one that ended, and how long it took here.
type Run struct {
	run.Run
	Findings []finding.Finding
	Omitted  []finding.Omitted
	Took     time.Duration
}

// RunFinished counts a run that ended in this process, and what it did.
func (m *Metrics) RunFinished(r Run) {
	m.runs.WithLabelValues(r.Flow, string(r.Outcome)).Inc()
	m.took.WithLabelValues(r.Flow).Observe(r.Took.Seconds())
	for _, s := range r.Durations {
		m.steps.WithLabelValues(r.Flow, s.Name).Observe(s.Seconds)
	}
	if r.Rows != nil {
		for state, n := range map[string]int{"read": r.Rows.Read, "sent": r.Rows.Sent, "rejected": r.Rows.Rejected} {
			m.rows.WithLabelValues(r.Flow, state).Add(float64(n))
		}
	}
	if r.File != nil {
		m.bytes.WithLabelValues(r.Flow).Add(float64(r.File.Bytes))
	}
	if r.Requests != nil {
		m.requests.WithLabelValues(r.Flow).Add(float64(r.Requests.Lucca))
	}
	for _, f := range r.Findings {
		m.findings.WithLabelValues(r.Flow, string(f.Severity), f.Code).Inc()
	}
	for _, o := range r.Omitted {
		m.findings.WithLabelValues(r.Flow, string(o.Severity), o.Code).Add(float64(o.Count))
	}
}

// SlotsMissed counts n slots of a flow that passed without a run.
func (m *Metrics) SlotsMissed(flow string, n int) {
	m.missed.WithLabelValues(flow).Add(float64(n))
}

func (m *Metrics) hook(status int) { m.hooks.WithLabelValues(strconv.Itoa(status)).Inc() }

// State is what the store and the queue know.
type State interface {
	// Snapshot is asked at every scrape. It ends with its context.
	Snapshot(ctx context.Context) (Snapshot, error)
}

// Snapshot is the state of all flows and of the queue at one instant.
type Snapshot struct {
	Flows []FlowState
	// Jobs counts the jobs of the queue by their state, such as running.
	Jobs map[string]int
	// Untold counts in how many attempts who could not be told, by flow and by where they stand in
	// the configuration.
	Untold map[string]map[string]int
	// Ends is when certificates of the daemon and of servers, and OpenPGP keys, end, by their place in
	// the configuration.
	Ends map[string]time.Time
	// Free is how many bytes may still be written, where the state is and where the spool is.
	Free map[string]uint64
	// Tenants is what Lucca had each tenant wait.
	Tenants map[string]Traffic
}

// Traffic counts the answers 429 of Lucca and how long was waited before requests were repeated.
type Traffic struct {
	Limited int
	Waited  time.Duration
}

// FlowState is the state of one flow. Names are unique in a snapshot.
type FlowState struct {
	Name string
	// Last is when the last run of each outcome ended; outcomes that never were are absent.
	Last map[string]time.Time
	// Next is the next slot; zero without a schedule.
	Next time.Time
	// Held counts the runs that wait for a person.
	Held int
	// File is when the partner of an export last got a file; zero: never, or there is none.
	File time.Time
	// Paused: nothing of the flow runs by itself.
	Paused bool
}

// scrape answers with the counters of this process and a snapshot of the state. Without a
// state the rest is still answered, and lucca_exchange_state_up is 0.
func (s *Server) scrape(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), snapshotBudget)
	defer cancel()
	snapshot, err := s.state.Snapshot(ctx)
	if err != nil {
		s.logger.ErrorContext(ctx, "snapshot.failed", "err", err)
	}
	state := prometheus.NewRegistry()
	state.MustRegister(snapshotCollector{snapshot: snapshot, up: err == nil})
	promhttp.HandlerFor(prometheus.Gatherers{s.metrics.registry, state}, promhttp.HandlerOpts{
		EnableOpenMetrics: true, ErrorHandling: promhttp.ContinueOnError, ErrorLog: complaints{s.logger},
	}).ServeHTTP(w, r)
}

// snapshotCollector shows a snapshot that was taken before: a collector runs in goroutines
// of the registry, where a panic would end the daemon.
type snapshotCollector struct {
	snapshot Snapshot
	up       bool
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
}

// Describe sends nothing: which series there are depends on the flows.
func (c snapshotCollector) Describe(chan<- *prometheus.Desc) {}

// Collect sends one series per flow, outcome and state of jobs.
func (c snapshotCollector) Collect(out chan<- prometheus.Metric) {
	up := describe("state_up", "1 when the state could be read for this scrape.")
	if !c.up {
		out <- gauge(up, 0)
		return
	}
	out <- gauge(up, 1)
	last := describe("last_run_timestamp_seconds", "When the last run with this outcome ended.", "flow", "outcome")
	next := describe("next_slot_timestamp_seconds", "When the flow is due next.", "flow")
	held := describe("held_runs", "Runs that wait for a person to approve or reject them.", "flow")
	paused := describe("flow_paused", "1 while somebody has paused the flow.", "flow")
	file := describe("partner_file_timestamp_seconds", "When the partner of an export last got a file.", "flow")
	for _, f := range c.snapshot.Flows {
		for outcome, at := range f.Last {
			out <- gauge(last, seconds(at), f.Name, outcome)
		}
		if !f.Next.IsZero() {
			out <- gauge(next, seconds(f.Next), f.Name)
		}
		out <- gauge(held, float64(f.Held), f.Name)
		out <- gauge(paused, oneIf(f.Paused), f.Name)
		if !f.File.IsZero() {
			out <- gauge(file, seconds(f.File), f.Name)
		}
	}
	c.collectOthers(out)
	jobs := describe("queue_jobs", "Jobs of the queue, by state.", "state")
	for state, n := range c.snapshot.Jobs {
		out <- gauge(jobs, float64(n), state)
	}
}

// collectOthers sends what is not about one flow's runs.
func (c snapshotCollector) collectOthers(out chan<- prometheus.Metric) {
	untold := describe("notification_failures", "Attempts since which somebody under notify could not be told of the flow.", "flow", "target")
	for flow, list := range c.snapshot.Untold {
		for target, n := range list {
			out <- gauge(untold, float64(n), flow, target)
		}
	}
	ends := describe("certificate_end_timestamp_seconds", "When a certificate of the daemon, that of a server as it was seen last, or an OpenPGP key ends.", "certificate")
	for what, at := range c.snapshot.Ends {
		out <- gauge(ends, seconds(at), what)
	}
	free := describe("disk_free_bytes", "Bytes that may still be written where state and spool are.", "place")
	for what, n := range c.snapshot.Free {
		out <- gauge(free, float64(n), what)
	}
	limited := describe("lucca_rate_limited_total", "Answers 429 of Lucca to this process.", "tenant")
	waited := describe("lucca_wait_seconds_total", "Seconds that this process waited before requests to Lucca were repeated.", "tenant")
	for tenant, t := range c.snapshot.Tenants {
		out <- counter(limited, float64(t.Limited), tenant)
		out <- counter(waited, t.Waited.Seconds(), tenant)
	}
}

func oneIf(on bool) float64 {
	if on {
		return 1
	}
	return 0
}

func gauge(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	m, err := prometheus.NewConstMetric(d, prometheus.GaugeValue, value, labels...)
	if err != nil {
		return prometheus.NewInvalidMetric(d, err)
	}
	return m
}

func counter(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	m, err := prometheus.NewConstMetric(d, prometheus.CounterValue, value, labels...)
	if err != nil {
		return prometheus.NewInvalidMetric(d, err)
	}
	return m
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
