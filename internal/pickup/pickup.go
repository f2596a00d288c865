// Package pickup takes one file from a remote exactly once: whatever fails on the way, it is
// taken by one run at most, and never lost.
//
// Look finds the files that are whole: their size and time did not change between two looks,
// or their writer has put a marker. Take claims one in the journal, moves it to in-progress/,
// downloads it and checks that it did not change meanwhile. Settle moves it to processed/ or
// failed/ once the run is over, with reports beside it; the file of a run that is held waits
// in in-progress/ until then. Where the account may not rename, or is not to (Options.Keep),
// the file stays in place and the journal alone knows that it was taken.
//
// A file is known by its name, size and time, and by its content: a name that comes again with
// new content is a new file, while content that was applied before is not applied again,
// whatever its name and time. Two processes with one journal take a file once, and with two
// journals too where the server renames.
//
// What is not seen: a file left in place that is replaced by another of the same size within
// the precision of the server's times, which is a second, or a minute in the listings of old
// FTP servers. And between a look for a free name and the rename to it, a server that renames
// over existing files would let the name's other file be lost; names in in-progress/ contain
// the run and do not meet.
package pickup

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"lucca-exchange/internal/remote"
)

// The folders below the remote's folder. They are made when they are missing.
const (
	inProgress = "in-progress"
	processed  = "processed"
	failed     = "failed"
)

var (
	// ErrTaken: another process has the file, it was settled before, or it is gone.
	ErrTaken = errors.New("the file is taken already, or gone")
	// ErrChanged: the file is not the one that was looked at, or changed while it was read.
	// It was given back.
	ErrChanged = errors.New("the file changes")
	// ErrNoFolder: the folder of the remote is missing.
	ErrNoFolder = remote.ErrNoFolder
	// ErrVanished: the file is nowhere on the server, after this run had moved it or begun to
	// read it. It is not given back.
	ErrVanished = errors.New("the file has vanished from the server")
	// ErrRefused: the server does not let the file be read, or keeps it locked. It was given back, and
	// the next file may be tried.
	ErrRefused = errors.New("the file cannot be read")
	// ErrStuck: the server refuses to give the file its name back. It stays where it is, and
	// Recover tries again, and names it, each time.
	ErrStuck = errors.New("the file cannot be given back")
	// ErrNewer: the file could not be given back, since a newer one has its name by now. It
	// was put aside: the journal says where.
	ErrNewer = errors.New("a newer file has the same name")
)

// settleTimeout bounds the cleaning up after a failure or a cancellation.
const settleTimeout = time.Minute

// Source is where a flow's files come from.
type Source struct {
	// Name is the remote's name in the configuration; it goes into the journal.
	Name   string
	Remote remote.Remote
	// Pattern is of the names to take, as path.Match takes it.
	Pattern string
	Options Options
	// Steady is what an earlier Look found.
	Steady Steady
	// Attempts is how often an operation is tried when its failure may pass, RetryWait the
	// time before the second attempt, doubled before each further one. 0 is 3 and 2 s.
	Attempts  int
	RetryWait time.Duration
	// Local is where content is on this machine.
	Local Local
}

func (f Source) withDefaults() Source {
	f.Options = f.Options.withDefaults()
	if f.Attempts == 0 {
		f.Attempts = defaultAttempts
	}
	if f.RetryWait == 0 {
		f.RetryWait = defaultRetryWait
	}
	return f
}

// Outcome is what became of a file. It is the name of the folder that the file is moved to.
type Outcome string

// The outcomes.
const (
	Processed Outcome = processed
	Failed    Outcome = failed
)

// withRun puts the run into a name, before its extension.
func withRun(name, run string) string {
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		return name[:i] + "." + run + name[i:]
	}
	return name + "." + run
}

// runStamp is a run in a name.
var runStamp = regexp.MustCompile(`\.(\d{8}-\d{6})-[0-9a-f]+(\.|$)`)

// withoutRun undoes withRun, and tells when the run began.
func withoutRun(name string) (plain string, began time.Time, ok bool) {
	found := runStamp.FindStringSubmatchIndex(name)
	if found == nil {
		return "", time.Time{}, false
	}
	began, err := time.Parse("20060102-150405", name[found[2]:found[3]])
	return name[:found[0]] + name[found[4]:], began, err == nil
}

func wrap(err error, verb, name string, from Source) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %q on %s: %w", verb, remote.Line(name), from.Name, err)
}
