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

// kind is what is logged once: a request that was refused, or that failed for a fault of ours,
// about a flow, which is empty for strangers, with a status. So there are no more kinds than flows
// times answers.
type kind struct {
	failed bool
	flow   string
	status int
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
	lasting := context.WithoutCancel(ctx)
	t.mu.Lock()
	known, again := t.kinds[k]
	if again {
		known.more++
	} else {
		t.kinds[k] = &repeated{level: level, timer: time.AfterFunc(tallyEvery, func() { t.sum(lasting, k) })}
	}
	t.mu.Unlock()
	if !again {
		t.say(ctx, level, k, attrs...)
	}
}

// sum says how many more there were, and waits for others while there are any.
func (t *tally) sum(ctx context.Context, k kind) {
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
		t.say(ctx, known.level, k, "more", more)
	}
}

// end says what was not said yet.
func (t *tally) end(ctx context.Context) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, known := range t.kinds {
		known.timer.Stop()
		if known.more > 0 {
			t.say(ctx, known.level, k, "more", known.more)
		}
	}
	clear(t.kinds)
}

func (t *tally) say(ctx context.Context, level slog.Level, k kind, attrs ...any) {
	attrs = append([]any{"status", k.status}, attrs...)
	if k.flow != "" {
		attrs = append([]any{"flow", k.flow}, attrs...)
	}
	if k.failed {
		t.logger.Log(ctx, level, "hook.failed", attrs...)
		return
	}
	t.logger.Log(ctx, level, hookRefused, attrs...)
}
