package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path"
	"time"

	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/hire/generic"
	"lucca-exchange/internal/learn"
	"lucca-exchange/internal/tabular"
)

// learnedHires is what a flow of candidates is called that has no name yet.
const learnedHires = "candidates"

// candidates prepares to learn from a file of candidates: for a flow of that name, or a new one.
// Neither the configuration nor Lucca is asked, since a hire is compared when its flow runs.
func (p *pupil) candidates() error {
	keys, err := generic.Keys()
	p.input.Flow = learnedHires
	if p.flow != "" {
		p.input.Flow = path.Base(p.flow)
	}
	p.input.Hires = &learn.HireFile{Keys: keys, Try: p.tryHires}
	return err
}

// tryHires reads the file as a flow with what was learnt does.
func (p *pupil) tryHires(c learn.Candidates) (t learn.Trial, err error) {
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return t, fmt.Errorf("read file: %w", err)
	}
	source := generic.New(generic.Config{Separator: c.Separator, Encoding: c.Encoding, Layout: c.Layout, Fields: c.Fields, Dates: c.Dates},
		hire.Flow{Config: hire.Config{Source: c.Source}, Zone: time.UTC, Logger: slog.New(slog.DiscardHandler)})
	read, err := source.File.File(p.file, time.Now())
	if err != nil && !errors.Is(err, tabular.ErrRefused) {
		return t, err
	}
	return learn.Trial{Refused: err != nil, Rows: read.Rows, Rejected: read.Rows - len(read.Events), Findings: read.Findings}, nil
}
