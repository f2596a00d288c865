package pickup

import (
	"context"
	"time"

	"lucca-exchange/internal/remote"
)

// Step is how far the taking of a file has come. The last two are ends.
type Step string

// The steps, in their order.
const (
	// StepClaimed: the file is this run's; it may be in in-progress/ already.
	StepClaimed Step = "claimed"
	// StepMoved: the file is at Place.
	StepMoved Step = "moved"
	// StepFetched: the whole file is in the spool, and SHA256 is known.
	StepFetched Step = "fetched"
	// StepSettled: the run is over. Where Place is empty, the file still stands in its folder
	// and is not to be taken again; else it was moved, and what stands under its name is
	// another one, even if it looks the same: somebody may have put it back to try again.
	StepSettled Step = "settled"
	// StepReleased: the file was given back, and is to be taken anew.
	StepReleased Step = "released"
)

// Record is one file in the journal. Flow, Remote, Name, Size and ModTime identify it.
type Record struct {
	Flow, Remote, Name string
	// Size is in bytes; ModTime is in UTC, to the microsecond.
	Size    int64
	ModTime time.Time
	Run     string
	Step    Step
	// SHA256 is of the content, in hex; empty before StepFetched.
	SHA256 string
	// Place is where the file is now, such as in-progress/NAME; empty in its own folder.
	Place string
	// At is when Step was reached, in UTC.
	At time.Time
}

// plain is the name without the version that the server may have added to it.
func (r Record) plain() string { return remote.Unversioned(r.Name) }

// Journal is the durable memory of pickups.
type Journal interface {
	// Claim stores r unless another run has the file: there is a record of it which is
	// neither released nor settled with a Place. Where r has a SHA256, as that of a file that
	// looks like one that was settled and still stands, a record of other content is no
	// hindrance; r is stored without it. It tells whether r was stored.
	Claim(ctx context.Context, r Record) (bool, error)
	// Save stores r in the place of the record of the same file. When it returns nil, the
	// record survives a crash.
	Save(ctx context.Context, r Record) error
	// Unfinished returns the records of a flow that are neither settled nor released.
	Unfinished(ctx context.Context, flow string) ([]Record, error)
	// Settled tells whether this very file was settled and still stands: its record has no
	// Place. The hash of its content may not be known.
	Settled(ctx context.Context, flow, remote, name string, size int64, modTime time.Time) (sha256 string, yes bool, err error)
	// Seen returns the run that has applied this content before, if any.
	Seen(ctx context.Context, flow, sha256 string) (run string, ok bool, err error)
}
