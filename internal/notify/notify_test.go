package notify_test

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

// memory remembers for the length of a test.
type memory struct {
	mu    sync.Mutex
	told  map[string]entry
	fault error
}

type entry struct {
	cause string
	at    time.Time
}

func (m *memory) Last(_ context.Context, target, flow string) (string, time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.told[target+" "+flow]
	return e.cause, e.at, m.fault
}

func (m *memory) Save(_ context.Context, target, flow, cause string, at time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.told == nil {
		m.told = make(map[string]entry)
	}
	m.told[target+" "+flow] = entry{cause, at}
	return m.fault
}

// age makes everything that was told older.
func (m *memory) age(by time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, e := range m.told {
		m.told[key] = entry{e.cause, e.at.Add(-by)}
	}
}

var errMemory = errors.New("disk full")

// newNotifier makes one with a memory of its own, and returns its log.
func newNotifier(t *testing.T, c notify.Config, o notify.Options) (*notify.Notifier, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if o.Memory == nil {
		o.Memory = new(memory)
	}
	if o.Hostname == "" {
		o.Hostname = "exchange-1"
	}
	n, err := notify.New(c, o)
	if err != nil {
		t.Fatal(err)
	}
	return n, &log
}
