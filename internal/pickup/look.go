package pickup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"

	"lucca-exchange/internal/remote"
)

// Reason says why an entry whose name matches the pattern is not taken.
type Reason string

// The reasons. What is Unstable, Empty, or has NoMarker may be taken at a later look.
const (
	NotRegular Reason = "not_regular" // a folder, a link, a pipe
	BadName    Reason = "bad_name"    // not safe to show, or too long to be moved
	TooLarge   Reason = "too_large"
	Empty      Reason = "empty"
	Unstable   Reason = "unstable"  // size or time changed between the two looks
	NoMarker   Reason = "no_marker" // none, or one that is older than the file
	Temporary  Reason = "temporary" // ends like a file that is being written
	Report     Reason = "report"    // one of our own reports
	Done       Reason = "done"      // was settled before, and still stands
)

// Skipped is an entry that was left alone.
type Skipped struct {
	// Name is printable; it is empty where Count entries have names that cannot be shown.
	Name   string
	Reason Reason
	Count  int
}

// Found is what a look at a folder found.
type Found struct {
	// Files are ready to be taken, the oldest first. Those behind the first wait.
	Files   []remote.Entry
	Skipped []Skipped
	Peer    remote.Peer
}

// maxIdle is how long a connection is kept without a word.
const maxIdle = 30 * time.Second

// Look returns the files of a flow that are ready to be taken. It takes Options.Settle where
// there is any. The errors are those of remote.Remote and remote.Session, and ErrNoFolder.
func Look(ctx context.Context, from Source, j Journal, flow string) (Found, error) {
	w := &watch{link: link{from: from.withDefaults()}, journal: j, flow: flow}
	defer w.drop()
	if err := w.look(ctx); err != nil {
		return Found{}, fmt.Errorf("look for files on %s: %w", from.Name, err)
	}
	slices.SortFunc(w.found.Files, func(a, b remote.Entry) int {
		return cmp.Or(a.ModTime.Compare(b.ModTime), strings.Compare(a.Name, b.Name))
	})
	return w.found, nil
}

// watch is one Look.
type watch struct {
	link
	journal Journal
	flow    string
	found   Found
}

func (w *watch) look(ctx context.Context) error {
	entries, err := w.list(ctx)
	if err != nil {
		return err
	}
	first, err := w.sift(ctx, entries)
	if err != nil || w.from.Options.Marker != "" || len(first) == 0 {
		w.found.Files = first
		return err
	}
	if w.from.Options.Settle > maxIdle {
		w.drop()
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(w.from.Options.Settle):
	}
	w.found.Skipped = nil
	if entries, err = w.list(ctx); err != nil {
		return err
	}
	second, err := w.sift(ctx, entries)
	if err != nil {
		return err
	}
	for _, e := range second {
		if slices.ContainsFunc(first, func(f remote.Entry) bool { return same(f, e) }) {
			w.found.Files = append(w.found.Files, e)
		} else {
			w.skip(e.Name, Unstable)
		}
	}
	return nil
}

func same(a, b remote.Entry) bool {
	return a.Name == b.Name && a.Size == b.Size && a.ModTime.Equal(b.ModTime) && a.Regular == b.Regular
}

// list leaves names that cannot be shown to the caller of Look as a number.
func (w *watch) list(ctx context.Context) (entries []remote.Entry, err error) {
	err = w.do(ctx, func(s remote.Session) (err error) {
		w.found.Peer = s.Peer()
		entries, err = s.List(ctx)
		return err
	})
	if left, ok := errors.AsType[remote.LeftOutError](err); ok {
		w.found.Skipped = append(w.found.Skipped, Skipped{Reason: BadName, Count: left.Count})
		err = nil
	}
	return entries, err
}

func (w *watch) skip(name string, why Reason) {
	w.found.Skipped = append(w.found.Skipped, Skipped{Name: remote.Line(name), Reason: why, Count: 1})
}

// sift returns the entries that may be taken as far as one look tells, and skips the others
// whose names match.
func (w *watch) sift(ctx context.Context, entries []remote.Entry) ([]remote.Entry, error) {
	var good []remote.Entry
	for _, e := range entries {
		matches, err := path.Match(w.from.Pattern, e.Name)
		if err != nil {
			return nil, fmt.Errorf("match %q: %w", w.from.Pattern, err)
		}
		if !matches || strings.HasPrefix(e.Name, ".") || w.isMarker(e.Name) {
			continue
		}
		if why := w.fault(e, entries); why != "" {
			w.skip(e.Name, why)
			continue
		}
		done, err := w.journal.Settled(ctx, w.flow, w.from.Name, e.Name, e.Size, precise(e.ModTime))
		if err != nil {
			return nil, fmt.Errorf("ask the journal: %w", err)
		}
		if done {
			w.skip(e.Name, Done)
			continue
		}
		good = append(good, e)
	}
	return good, nil
}

// precise is a time as the journal stores it.
func precise(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// isMarker tells whether a name is that of a marker, of whatever file.
func (w *watch) isMarker(name string) bool {
	before, after, ok := strings.Cut(w.from.Options.Marker, placeholder)
	return ok && len(name) > len(before)+len(after) && strings.HasPrefix(name, before) && strings.HasSuffix(name, after)
}

func (w *watch) fault(e remote.Entry, entries []remote.Entry) Reason {
	switch {
	case unusable(e.Name):
		return BadName
	case isTemporary(e.Name):
		return Temporary
	case strings.HasSuffix(e.Name, ReportSuffix):
		return Report
	case !e.Regular:
		return NotRegular
	case e.Size == 0:
		return Empty
	case e.Size > w.from.Options.MaxBytes:
		return TooLarge
	case !w.marked(e, entries):
		return NoMarker
	default:
		return ""
	}
}

// marked tells whether the marker of a file stands, if it needs one. One that is older than
// the file is of an earlier file of the name.
func (w *watch) marked(e remote.Entry, entries []remote.Entry) bool {
	marker := w.from.Options.marker(e.Name)
	return marker == "" || slices.ContainsFunc(entries, func(m remote.Entry) bool {
		return m.Name == marker && m.Regular && !m.ModTime.Before(e.ModTime)
	})
}

// ReportSuffix and RejectedSuffix are what the names of the files that are put beside a settled
// file add to its name. A rejected file that was mended is dropped again and taken like any
// other; a report is not.
const (
	ReportSuffix   = ".report.csv"
	RejectedSuffix = ".rejected.csv"
)

// maxName leaves room for the run and for the suffixes in a name, in bytes.
const maxName = 150

func unusable(name string) bool {
	return len(name) > maxName || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) })
}

// isTemporary recognises what programs call a file while they write it, and copies that editors
// leave behind.
func isTemporary(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{".part", ".filepart", ".partial", ".tmp", ".temp", ".crdownload", ".writing", ".bak", "~"},
		func(end string) bool { return strings.HasSuffix(name, end) })
}
