package inbox

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
)

// kept is the folder in the spool for files that the server took away and that no run has, by flow.
const kept = "kept"

// source is where files come from, with where they are kept on this machine.
func (b Inbox) source() pickup.Source {
	from := b.From
	from.Local = pickup.Local{
		Content: func(run, name string) string { return filepath.Join(b.Spool, run, incoming, name) },
		Kept:    filepath.Join(b.Spool, kept, b.Flow),
	}
	return from
}

// request is for a file to take into the folder of a run.
func request(b Inbox, from pickup.Source, run, folder string, file remote.Entry) pickup.Request {
	return pickup.Request{
		From: from, Journal: b.Journal, Run: run, Flow: b.Flow,
		File: file, Path: filepath.Join(folder, incoming, remote.Unversioned(file.Name)), Room: b.Room,
	}
}

// takeKept takes the first of the files that were kept, if there is one.
func (b Inbox) takeKept(ctx context.Context, a Arrival, id, folder string) (Arrival, error) {
	taken, err := pickup.TakeKept(ctx, request(b, b.source(), id, folder, remote.Entry{}))
	if taken == nil {
		return a, err
	}
	a = b.accept(ctx, a, id, File{Folder: folder, taken: taken})
	a.File.Waiting = 1 // nobody has looked yet
	return a, nil
}

// peekKept copies the first of the files that were kept.
func peekKept(b Inbox, folder string) (a Arrival, err error) {
	files, err := b.source().Local.KeptFiles()
	if len(files) == 0 {
		return a, err
	}
	file, err := spool.Sum(files[0].Path)
	if err = errors.Join(err, spool.Link(files[0].Path, filepath.Join(folder, incoming, files[0].Name))); err != nil {
		return a, err
	}
	a.File = &File{File: *flow.FileOf(file), Folder: folder, Waiting: len(files) - 1}
	return a, nil
}

func peekRemote(ctx context.Context, b Inbox, folder string) (a Arrival, err error) {
	from := b.source()
	from.Options.Settle = time.Nanosecond // nothing is taken: a file that grows does no harm
	found, err := pickup.Look(ctx, from, b.Journal, b.Flow)
	if err != nil {
		return a, err
	}
	a.Findings = aboutFound(found, b.From.Pattern)
	if len(found.Files) == 0 {
		a.Outcome, a.Reason = run.Nothing, "no file matches "+b.From.Pattern
		return a, nil
	}
	copied, err := pickup.Copy(ctx, request(b, from, filepath.Base(folder), folder, found.Files[0]))
	if copied.Warning != nil {
		a.Findings = append(a.Findings, flow.Warning("pickup", flow.Sentence(copied.Warning)))
	}
	if err != nil {
		return a, err
	}
	a.File = &File{File: *flow.FileOf(copied.File), Folder: folder, Waiting: len(found.Files) - 1}
	return a, nil
}

// aboutFound says what a look found beside files to take.
func aboutFound(found pickup.Found, pattern string) []finding.Finding {
	about := aboutSkipped(found.Skipped, pattern)
	if found.Unseen != nil {
		about = append(about, flow.Warning("pickup", flow.Sentence(found.Unseen)))
	}
	for _, k := range found.Kept {
		about = append(about, flow.Warning("pickup", flow.Sentence(k)))
	}
	return about
}
