// Package notifytest helps the tests of notifications: a memory for the length of a test, and
// a notifier whose log can be read.
package notifytest

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"lucca-exchange/internal/notify"
)

// Memory remembers for the length of a test. Fault, where it is set, is what each call ends
// with.
type Memory struct {
	Fault error

	mu   sync.Mutex
	told map[string]entry
	// attempts are by place and flow.
	attempts map[string]notify.Attempt
}

type entry struct {
	cause string
	at    time.Time
}

// ErrMemory is a fault of a memory.
var ErrMemory = errors.New("disk full")

// Last implements notify.Memory.
func (m *Memory) Last(_ context.Context, target, flow string) (string, time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.told[target+" "+flow]
	return e.cause, e.at, m.Fault
}

// Save implements notify.Memory.
func (m *Memory) Save(_ context.Context, target, flow, cause string, at time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.told == nil {
		m.told = make(map[string]entry)
	}
	m.told[target+" "+flow] = entry{cause, at}
	return m.Fault
}

// Attempted implements notify.Memory.
func (m *Memory) Attempted(_ context.Context, a notify.Attempt) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.attempts == nil {
		m.attempts = make(map[string]notify.Attempt)
	}
	m.attempts[a.Place+" "+a.Flow] = a
	return m.Fault
}

// Attempt is the last one to tell who stands at a place about a flow.
func (m *Memory) Attempt(place, flow string) notify.Attempt {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.attempts[place+" "+flow]
}

// Age makes everything that was told older.
func (m *Memory) Age(by time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, e := range m.told {
		m.told[key] = entry{e.cause, e.at.Add(-by)}
	}
}

// New makes a notifier on the machine exchange-1, and returns its log. Without a memory it
// has one of its own.
func New(t *testing.T, m *Memory, targets ...notify.Target) (*notify.Notifier, *bytes.Buffer) {
	t.Helper()
	if m == nil {
		m = new(Memory)
	}
	log := new(bytes.Buffer)
	n, err := notify.New(targets, notify.Options{
		Logger:   slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Hostname: "exchange-1", Memory: m,
	})
	if err != nil {
		t.Fatal(err)
	}
	return n, log
}

// Failure is an event as a run makes one.
func Failure() notify.Event {
	return notify.Event{Kind: notify.Failed, Flow: "skillup-nightly", Run: "r1", Outcome: "failed", Reason: "skillup: connect: connection refused"}
}
