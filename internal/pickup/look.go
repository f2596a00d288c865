package pickup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

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
	Unstable   Reason = "unstable" // size or time changed between the two looks
	NoMarker   Reason = "no_marker"
	Temporary  Reason = "temporary" // ends like a file that is being written
	Report     Reason = "report"    // one of our own reports
	Done       Reason = "done"      // was settled before, and still stands
	Unstated   Reason = "unstated"  // the server states neither size nor time
	// These do not match the pattern, or are in another folder.
	OtherCase    Reason = "other_case"    // but for letter case or accents it would match
	OtherVersion Reason = "versioned"     // it would match but for the version at its end, and is one of several, or may be an archive
	OtherCharset Reason = "other_charset" // it would match if its name were in UTF-8
	Stuck        Reason = "stuck"         // is in in-progress/, and no run has it
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
	// Files are ready to be taken, the oldest first, by the dates in their names where all have one. Those behind the first wait.
	Files   []remote.Entry
	Skipped []Skipped
	// Kept says of each file that the server took away, since it was looked into, where it is kept.
	Kept []error
	// Unseen is why nobody can tell what is left in in-progress/; nil when that is told.
	Unseen error
	Peer   remote.Peer
}

// maxIdle is how long a connection is kept without a word.
const maxIdle = 30 * time.Second

// Look returns the files of a flow that are ready to be taken. It takes Options.Settle where
// there is any. The errors are those of remote.Remote and remote.Session, and ErrNoFolder.
func Look(ctx context.Context, from Source, j Journal, flow string) (Found, error) {
	w := &watch{folder: newFolder(from), journal: j, flow: flow}
	defer w.folder.link.Drop()
	if err := w.observe(ctx); err != nil {
		return Found{}, fmt.Errorf("look for files on %s: %w", from.Name, err)
	}
	inOrder(w.found.Files, func(e remote.Entry) remote.Entry { return e })
	return w.found, nil
}

// watch is one Look.
type watch struct {
	folder  *folder
	journal Journal
	flow    string
	found   Found
}

func (w *watch) observe(ctx context.Context) error {
	entries, err := w.list(ctx)
	if err != nil {
		return err
	}
	first, err := w.sift(ctx, entries)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(first, func(c candidate) bool { return !c.sure }) {
		if first, err = w.settled(ctx, first); err != nil {
			return err
		}
	}
	for _, c := range first {
		w.found.Files = append(w.found.Files, c.Entry)
	}
	return w.findStuck(ctx)
}

// settled looks a second time and returns the candidates that have stayed as they were, or whose
// marker says that they are whole.
func (w *watch) settled(ctx context.Context, first []candidate) ([]candidate, error) {
	if w.folder.from.Options.Settle > maxIdle {
		w.folder.link.Drop()
	}
	began := time.Now()
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-time.After(w.folder.from.Options.Settle):
	}
	w.found.Skipped = nil
	entries, err := w.list(ctx)
	if err != nil {
		return nil, err
	}
	elapsed := time.Since(began)
	second, err := w.sift(ctx, entries)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(second, func(c candidate) bool {
		if c.sure || slices.ContainsFunc(first, func(f candidate) bool { return steady(f.Entry, c.Entry, elapsed) }) {
			return false
		}
		w.skip(c.Name, Unstable)
		return true
	}), nil
}

// candidate is an entry that may be taken.
type candidate struct {
	remote.Entry
	// sure: its marker says that it is whole, or an earlier look did. The others have to stay as they are for a while.
	sure bool
}

func same(a, b remote.Entry) bool {
	return a.Name == b.Name && a.Size == b.Size && a.ModTime.Equal(b.ModTime) && a.Regular == b.Regular
}

// steady tells whether an entry has stayed as it was. Some servers state the present for every
// time: it has moved on by what has passed. Whether the content is the same is made sure of when
// the file is fetched.
func steady(a, b remote.Entry, elapsed time.Duration) bool {
	const precision = 2 * time.Second
	moved := b.ModTime.Sub(a.ModTime)
	a.ModTime = b.ModTime
	return same(a, b) && (moved == 0 || moved > 0 && (moved-elapsed).Abs() <= precision)
}

// list leaves names that cannot be shown to the caller of Look as a number.
func (w *watch) list(ctx context.Context) (entries []remote.Entry, err error) {
	err = w.folder.link.Do(ctx, func(s remote.Session) (err error) {
		w.found.Peer = s.Peer()
		entries, err = s.List(ctx, "")
		return err
	})
	if left, ok := errors.AsType[remote.LeftOutError](err); ok {
		w.leftOut(left)
		err = nil
	}
	return entries, err
}

// leftOut notes the entries whose names cannot be used. One that is in another character set is
// named where it looks like a file to take.
func (w *watch) leftOut(left remote.LeftOutError) {
	for _, name := range left.Names {
		for _, text := range []string{western(name), dos(name)} {
			if !utf8.ValidString(name) && nearly(w.folder.from.Pattern, text) {
				w.skip(text, OtherCharset)
				left.Count--
				break
			}
		}
	}
	if left.Count > 0 {
		w.found.Skipped = append(w.found.Skipped, Skipped{Reason: BadName, Count: left.Count})
	}
}

func (w *watch) skip(name string, why Reason) {
	w.found.Skipped = append(w.found.Skipped, Skipped{Name: remote.Line(name), Reason: why, Count: 1})
}

// sift returns the entries that may be taken as far as one look tells, and skips the others
// whose names match, or nearly do.
func (w *watch) sift(ctx context.Context, entries []remote.Entry) ([]candidate, error) {
	var good []candidate
	var known []kept
	asked := 0
	for _, e := range entries {
		if strings.HasPrefix(e.Name, ".") || w.isMarker(e.Name) {
			continue
		}
		match, err := w.matches(e, entries)
		switch {
		case err != nil:
			return nil, fmt.Errorf("match %q: %w", w.folder.from.Pattern, err)
		case !match:
			continue
		}
		if bare(e) && asked < askedMost {
			asked++
			e = w.ask(ctx, e)
		}
		if why := w.fault(e, entries); why != "" {
			w.skip(e.Name, why)
			continue
		}
		sum, done, err := w.journal.Settled(ctx, w.flow, w.folder.from.Name, e.Name, e.Size, precise(e.ModTime))
		if err != nil {
			return nil, fmt.Errorf("ask the journal: %w", err)
		}
		if done {
			known = append(known, kept{e, sum})
			continue
		}
		_, newer := w.marked(e, entries)
		good = append(good, candidate{e, newer || w.folder.from.Steady.holds(e)})
	}
	return w.replaced(ctx, good, known)
}

// askedMost is how many files one look asks for that are listed by their names alone.
const askedMost = 100

// bare tells whether a listing says nothing of an entry but its name.
func bare(e remote.Entry) bool {
	return e.Size == remote.SizeUnstated && !e.ModTime.After(time.Unix(0, 0))
}

// ask asks for a file by itself, of which the listing says nothing. What is not told is as it was listed.
func (w *watch) ask(ctx context.Context, e remote.Entry) remote.Entry {
	if told, err := w.folder.look(ctx, e.Name); err == nil && told != nil {
		return *told
	}
	return e
}

// matches tells whether an entry has one of the names to take, and names it where it nearly has. A
// server that adds versions may have given a file one when it was given back: it is the same file.
// Of several versions nobody knows which one counts, and a dot and a number may be an archive.
func (w *watch) matches(e remote.Entry, entries []remote.Entry) (bool, error) {
	match, err := matches(w.folder.from.Pattern, e.Name)
	if match || err != nil {
		return match, err
	}
	plain := remote.Unversioned(e.Name)
	versioned := plain != e.Name
	switch alone := lone(e.Name, entries); {
	case versioned && alone:
		match, err = matches(w.folder.from.Pattern, plain)
	case versioned && nearly(w.folder.from.Pattern, plain), alone && w.likely(remote.WithoutVersion(e.Name)):
		w.skip(e.Name, OtherVersion)
		return false, nil
	}
	switch fine := !match && w.fault(e, entries) == ""; {
	case fine && nearly(w.folder.from.Pattern, plain):
		w.skip(e.Name, OtherCase)
	case fine && garbled(w.folder.from.Pattern, plain):
		w.skip(e.Name, OtherCharset)
	}
	return match, err
}

// likely tells whether a name, if it is one, is one of those to take.
func (w *watch) likely(name string) bool {
	match, err := matches(w.folder.from.Pattern, name)
	return match && err == nil
}

// lone tells whether no other entry is a version of the same file.
func lone(name string, entries []remote.Entry) bool {
	plain := remote.WithoutVersion(name)
	return !slices.ContainsFunc(entries, func(e remote.Entry) bool {
		return e.Name != name && e.Name != plain && remote.WithoutVersion(e.Name) == plain
	})
}

// kept is an entry that looks like a file that was dealt with and left where it stands.
type kept struct {
	remote.Entry
	sum string
}

// comparedMost is how many files that look as before are read again by one look.
const comparedMost = 5

// replaced adds the entries that hold something else than what was dealt with: a file that stays in
// its folder may be replaced by one of the same size, within the precision of the server's times or
// with the time of the one before. The newest are read, since each look would else read them all.
func (w *watch) replaced(ctx context.Context, good []candidate, known []kept) ([]candidate, error) {
	slices.SortStableFunc(known, func(a, b kept) int { return b.ModTime.Compare(a.ModTime) })
	for i, k := range known {
		if k.sum == "" || i >= comparedMost {
			w.skip(k.Name, Done)
			continue
		}
		sum, err := w.folder.compare(ctx, k.Entry, k.sum)
		switch {
		case errors.Is(err, ErrTaken):
			w.found.Kept = append(w.found.Kept, err)
		case err == nil && sum != k.sum:
			good = append(good, candidate{Entry: k.Entry})
		case err == nil || w.folder.refused(ctx, err) || errors.Is(err, ErrChanged):
			w.skip(k.Name, Done) // what can be told is that it looks as it did
		default:
			return nil, err
		}
	}
	return good, nil
}

// precise is a time as the journal stores it.
func precise(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// isMarker tells whether a name is that of a marker, of whatever file.
func (w *watch) isMarker(name string) bool {
	before, after, ok := strings.Cut(norm.NFC.String(w.folder.from.Options.Marker), placeholder)
	name = norm.NFC.String(remote.Unversioned(name))
	return ok && len(name) > len(before)+len(after) && strings.EqualFold(name[:len(before)], before) && strings.EqualFold(name[len(name)-len(after):], after)
}

func (w *watch) fault(e remote.Entry, entries []remote.Entry) Reason {
	plain := remote.Unversioned(e.Name)
	switch {
	case unusable(e.Name):
		return BadName
	case isTemporary(plain):
		return Temporary
	case strings.HasSuffix(plain, ReportSuffix), strings.HasSuffix(plain, ReportBookSuffix):
		return Report
	case !e.Regular:
		return NotRegular
	case e.Size == 0:
		return Empty
	case e.Size > w.folder.from.Options.MaxBytes:
		return TooLarge
	}
	marked, _ := w.marked(e, entries)
	switch {
	case !marked:
		return NoMarker
	case w.folder.from.Options.Marker == "" && bare(e):
		return Unstated
	default:
		return ""
	}
}

// marked tells whether the marker of a file stands, if it needs one, and whether it is newer than
// the file. One that is older may be a copy with its own time, or that of an earlier file of the
// name: it says that there is a file, and not that it is whole.
func (w *watch) marked(e remote.Entry, entries []remote.Entry) (marked, newer bool) {
	if w.folder.from.Options.Marker == "" {
		return true, false
	}
	found := w.folder.from.Options.markers(e.Name, entries)
	return len(found) > 0, slices.ContainsFunc(found, func(m remote.Entry) bool { return !m.ModTime.Before(e.ModTime) })
}

// findStuck names the files in in-progress/ that no run has: they look like those of this flow,
// and some run that ended long ago has brought them there. A server that does not show the folder
// has none; that one does not answer is no reason not to take what is there.
func (w *watch) findStuck(ctx context.Context) error {
	if w.folder.from.Options.Keep {
		return nil
	}
	var entries []remote.Entry
	err := w.folder.link.Once(ctx, func(s remote.Session) (err error) {
		entries, err = s.List(ctx, inProgress)
		return err
	})
	if err != nil && ctx.Err() != nil {
		return err
	}
	if errors.Is(err, remote.ErrTemporary) {
		w.found.Unseen = fmt.Errorf("look for files left in %s on %s: %w", inProgress, w.folder.from.Name, err)
	}
	mine, err := w.journal.Unfinished(ctx, w.flow)
	if err != nil {
		return fmt.Errorf("ask the journal: %w", err)
	}
	for _, e := range entries {
		name, at, ok := withoutRun(remote.Unversioned(e.Name))
		if match, err := matches(w.folder.from.Pattern, name); !ok || err != nil || !match || time.Since(at) < abandoned {
			continue
		}
		place := inProgress + "/" + e.Name
		if !slices.ContainsFunc(mine, func(r Record) bool { return inProgress+"/"+withRun(r.plain(), r.Run) == remote.Unversioned(place) }) {
			w.found.Skipped = append(w.found.Skipped, Skipped{Name: remote.Line(place), Reason: Stuck, Count: 1})
		}
	}
	return nil
}

// abandoned is the age of a run after which its file should not be in in-progress/ any more,
// unless the journal knows better: another program may use the folder too.
const abandoned = time.Hour

// ReportSuffix and RejectedSuffix are what the names of the files that are put beside a settled
// file add to its name. A rejected file that was mended is dropped again and taken like any
// other; a report is not. The same as Excel workbooks are ReportBookSuffix and
// RejectedBookSuffix.
const (
	ReportSuffix       = ".report.csv"
	RejectedSuffix     = ".rejected.csv"
	ReportBookSuffix   = ".report.xlsx"
	RejectedBookSuffix = ".rejected.xlsx"
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
