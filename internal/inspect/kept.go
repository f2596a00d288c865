package inspect

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/state"
)

// KeptFile is a file of the spool that belongs to a run.
type KeptFile struct {
	Kind KeptKind `json:"kind"`
	// Name is what to call a copy: that of the file that was sent or read, with what it is.
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"`
	// Path is where it is on this machine.
	Path string `json:"-"`
}

// KeptKind says what a kept file is to its run.
type KeptKind string

// The kinds.
const (
	// KeptSent: what the partner was sent, or is to be, as it was wrapped.
	KeptSent KeptKind = "sent"
	// KeptPlain: what that was made of.
	KeptPlain KeptKind = "plain"
	// KeptRead: what was taken from a remote, or given.
	KeptRead KeptKind = "read"
	// KeptRelayed: what was handed on to Lucca's own import.
	KeptRelayed KeptKind = "relayed"
	// KeptReport: every finding, as a table.
	KeptReport KeptKind = "report"
	// KeptRejected: the rejected rows, with their reasons.
	KeptRejected KeptKind = "rejected"
)

// Kinds lists them, the one that is meant where nobody says which first.
func Kinds() []KeptKind {
	return []KeptKind{KeptSent, KeptRead, KeptPlain, KeptRelayed, KeptReport, KeptRejected}
}

// Kept lists the files of a run that are still in the spool, in the order of Kinds.
func (i Inspector) Kept(r state.Record) ([]KeptFile, error) {
	folder := filepath.Join(i.Config.Spool, r.ID)
	var list []KeptFile
	add := func(kind KeptKind, name string, parts ...string) error {
		path := filepath.Join(append([]string{folder}, parts...)...)
		bytes, there, err := spool.FileSize(path)
		if there {
			list = append(list, KeptFile{Kind: kind, Name: name, Bytes: bytes, Path: path})
		}
		return err
	}
	name := r.ID
	if r.File != nil {
		name = r.File.Name
	}
	var err error
	if r.Kind == run.Export {
		err = keptOfExport(r, add)
	} else {
		stem := strings.TrimSuffix(name, filepath.Ext(name))
		err = errors.Join(
			add(KeptRead, name, "incoming", name), add(KeptPlain, stem+".plain.csv", "plain.csv"), add(KeptRelayed, stem+".relayed.csv", "relayed.csv"),
			add(KeptReport, stem+".report.csv", "report.csv"), add(KeptRejected, stem+".rejected.csv", "rejected.csv"))
	}
	slices.SortStableFunc(list, func(a, b KeptFile) int { return slices.Index(Kinds(), a.Kind) - slices.Index(Kinds(), b.Kind) })
	return list, err
}

func keptOfExport(r state.Record, add func(kind KeptKind, name string, parts ...string) error) error {
	f := r.File
	if f == nil {
		return nil
	}
	if f.Plain == nil {
		return errors.Join(add(KeptSent, f.Name, f.Name), add(KeptReport, f.Name+".report.csv", f.Name+".report.csv"))
	}
	plain := f.Plain.Name
	return errors.Join(add(KeptSent, f.Name, "wrapped", f.Name), add(KeptPlain, plain, plain), add(KeptReport, plain+".report.csv", plain+".report.csv"))
}

// KeptOf finds one file of a run: of the first kind that there is where kind is empty. What is
// not there is a run.ErrUsage.
func (i Inspector) KeptOf(ctx context.Context, id string, kind KeptKind) (state.Record, KeptFile, error) {
	r, err := i.Run(ctx, id)
	if err != nil {
		return r, KeptFile{}, err
	}
	kept, err := i.Kept(r)
	if err != nil {
		return r, KeptFile{}, err
	}
	for _, f := range kept {
		if kind == "" || f.Kind == kind {
			return r, f, nil
		}
	}
	var there []string
	for _, f := range kept {
		there = append(there, string(f.Kind))
	}
	switch {
	case len(there) > 0:
		return r, KeptFile{}, fault.Of(run.ErrUsage, "run %s keeps no such file here: there are %s", r.ID, strings.Join(there, ", "))
	case r.File == nil:
		return r, KeptFile{}, fault.Of(run.ErrUsage, "run %s had no file", r.ID)
	}
	return r, KeptFile{}, fault.Of(run.ErrUsage, "no file of run %s is in the spool any more: retention.files says how long they are kept", r.ID)
}

// mostName is how long the name of a copy may be, in characters.
const mostName = 200

// CopyName is what a copy of the file is called: its name, without signs that no system has in
// names, or that turn a name round.
func (f KeptFile) CopyName() string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`\/:*?"<>|%`, r) || !strconv.IsPrint(r) {
			return '_'
		}
		return r
	}, f.Name)
	if runes := []rune(name); len(runes) > mostName {
		name = string(runes[len(runes)-mostName:]) // with its ending
	}
	return name
}
