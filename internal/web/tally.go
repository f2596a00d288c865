package web

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// tallyEvery is how often it is said how many more there were of what was logged once.
const tallyEvery = time.Minute

// tally logs the first of a kind at once, and of those that follow it only how many they
// were, once a minute: whoever sends rubbish must not fill the disk with our words about it.
type tally struct {
	logger *slog.Logger

	mu    sync.Mutex
	kinds map[kind]*repeated
}

// kind is what is logged once: an event about a flow, which is empty for strangers, that
// ended with a status. So there are no more kinds than flows times answers.
type kind struct {
	event, flow string
	status      int
}

// repeated counts what came since the last line.
type repeated struct {
	level slog.Level
	more  int
	timer *time.Timer
}

func newTally(l *slog.Logger) *tally { return &tally{logger: l, kinds: make(map[kind]*repeated)} }

// log counts one of a kind; attrs are only for the first.
func (t *tally) log(ctx context.Context, level slog.Level, k kind, attrs ...any) {
	t.mu.Lock()
	known, again := t.kinds[k]
	if again {
		known.more++
	} else {
		t.kinds[k] = &repeated{level: level, timer: time.AfterFunc(tallyEvery, func() { t.sum(k) })}
	}
	t.mu.Unlock()
	if !again {
		t.logger.Log(ctx, level, k.event, append(k.attrs(), attrs...)...)
	}
}

// sum says how many more there were, and waits for others while there are any.
func (t *tally) sum(k kind) {
	t.mu.Lock()
	known, ok := t.kinds[k]
	if !ok {
		t.mu.Unlock()
		return
	}
	more := known.more
	known.more = 0
	if more == 0 {
		delete(t.kinds, k)
	} else {
		known.timer.Reset(tallyEvery)
	}
	t.mu.Unlock()
	if more > 0 {
		t.logger.Log(context.Background(), known.level, k.event, append(k.attrs(), "more", more)...)
	}
}

// end says what was not said yet.
func (t *tally) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, known := range t.kinds {
		known.timer.Stop()
		if known.more > 0 {
			t.logger.Log(context.Background(), known.level, k.event, append(k.attrs(), "more", known.more)...)
		}
	}
	clear(t.kinds)
}

func (k kind) attrs() []any {
	if k.flow == "" {
		return []any{"status", k.status}
	}
	return []any{"flow", k.flow, "status", k.status}
}
