package delivery

import (
	"context"
	"time"

	"lucca-exchange/internal/remote"
)

// Step is how far a delivery has come. The last two are ends.
type Step string

// The steps, in their order.
const (
	// StepUploading: the temporary file may exist in part. In place: what stands under the
	// final name is ours, and may be a part.
	StepUploading Step = "uploading"
	// StepUploaded: the temporary file is whole, and its rename may have been sent. In
	// place: the new file stands.
	StepUploaded Step = "uploaded"
	// StepReplacing: the old file may have been moved to Backup, and the temporary one to
	// the final name. In place: the old file may have been removed.
	StepReplacing Step = "replacing"
	// StepUndoing: the delivery is given up; the old file may have to be moved back, the
	// temporary one removed.
	StepUndoing Step = "undoing"
	// StepMarking: the new file stands; its done-marker may not.
	StepMarking Step = "marking"
	// StepDelivered: the new file stands, or was picked up.
	StepDelivered Step = "delivered"
	// StepFailed: the old file stands, or none, and no other file of ours is left.
	StepFailed Step = "failed"
)

// Record is one delivery in the journal. Run, Remote and Name identify it.
type Record struct {
	Run, Flow, Remote string
	// Name is the final name, Temp the one of the upload: the same for one in place.
	// Backup is where the old file was moved, and empty before StepReplacing.
	Name, Temp, Backup string
	Step               Step
	Bytes              int64
	SHA256             string
	Peer               remote.Peer
	// At is when Step was reached, in UTC.
	At time.Time
	// Leftover, in what Recover returns, is a file that the server would not remove. Warning is
	// why the delivery ended in another way than it should have: without its marker, or with
	// something left to do by hand.
	Leftover string
	Warning  error
}

const backupSuffix = ".bak"

// Journal is the durable memory of deliveries.
type Journal interface {
	// Save stores r in the place of the record with the same Run, Remote and Name. When
	// it returns nil, the record survives a crash.
	Save(ctx context.Context, r Record) error
}

// journalError is one of the journal, not of the server.
type journalError struct{ error }

// Unwrap returns the journal's own.
func (e journalError) Unwrap() error { return e.error }
