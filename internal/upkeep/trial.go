package upkeep

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"lucca-exchange/internal/account"
	"lucca-exchange/internal/flow"
)

const (
	// trialEvery is how often it is tried at most whether something can be written: each time costs
	// a few writes to the disk, and anybody may ask. While it fails it is tried as often.
	trialEvery = 5 * time.Second
	// trialWait is how long an answer waits for it. On a disk that is only slow, the last one counts.
	trialWait = 2 * time.Second
	// trialStuck is after how long a write that does not end is a fault.
	trialStuck = time.Minute
	// trialSize is more than what a disk that is full still has in files that are there already.
	trialSize = 64 << 10
)

// Fault is one thing that cannot be written, and why: What holds nothing that only an
// administrator may know.
type Fault struct {
	What string
	Err  error
}

// Trial finds out whether what runs need can be written, however often it is asked.
type Trial struct {
	try func(ctx context.Context) []Fault

	mu     sync.Mutex
	faults []Fault
	// began is when the last try did, done is closed when it ended.
	began time.Time
	done  chan struct{}
}

// NewTrial makes one of what tries it, such as Keeper.TryWrites.
func NewTrial(try func(ctx context.Context) []Fault) *Trial { return &Trial{try: try} }

// Check returns what the last try found, and makes one when that was long ago.
func (t *Trial) Check(ctx context.Context) []Fault {
	done := t.begin(ctx)
	ctx, cancel := context.WithTimeout(ctx, trialWait)
	defer cancel()
	select {
	case <-done:
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case <-t.done:
	default:
		if since := time.Since(t.began); since >= trialStuck {
			return []Fault{{"nothing can be written", fmt.Errorf("a write of %s ago has not ended", since.Round(time.Second))}}
		}
	}
	return t.faults
}

// begin makes a try, unless one is under way or was a moment ago.
func (t *Trial) begin(ctx context.Context) (done chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.done != nil {
		select {
		case <-t.done:
		default:
			return t.done
		}
		if time.Since(t.began) < trialEvery {
			return t.done
		}
	}
	t.began, t.done = time.Now(), make(chan struct{})
	go t.run(context.WithoutCancel(ctx), t.done)
	return t.done
}

func (t *Trial) run(ctx context.Context, done chan struct{}) {
	faults := t.try(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults = faults
	close(done)
}

// TryWrites writes where runs do: the state, the folder of its file, and the spool.
func (k Keeper) TryWrites(ctx context.Context) []Fault {
	var faults []Fault
	if err := k.Store.TryWrite(ctx, flow.Now()); err != nil {
		faults = append(faults, Fault{"the state cannot be written", err})
	} else if err := tryFolder(k.Store.Folder()); err != nil {
		faults = append(faults, Fault{"the state cannot be written", err})
	}
	if err := tryFolder(k.Spool); err != nil {
		faults = append(faults, Fault{"the spool cannot be written", err})
	}
	return faults
}

// tryFolder writes a file, to the disk, and removes it; an empty path has nothing to try.
func tryFolder(path string) (err error) {
	if path == "" {
		return nil
	}
	if err := account.MakeFolder(path); err != nil {
		return errors.New(flow.Sentence(err))
	}
	f, err := os.CreateTemp(path, trialPrefix)
	if err != nil {
		return errors.New(flow.Sentence(account.Explain(path, err)))
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	data := make([]byte, trialSize)
	for i := range data {
		data[i] = byte(i*i>>3 | 1) // some file systems do not store zeros
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.New(flow.Sentence(err))
	}
	return nil
}

// trialPrefix begins the names of files that are in the making, or only show that they can be. One
// that a kill left is removed at the next start.
const trialPrefix = ".write-test-"
