package app

import (
	"context"
	"errors"
	"fmt"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/state"
)

// ErrSecond says that an approval is on record, and that another person has to approve too.
var ErrSecond = errors.New("another person has to approve it too")

// about completes an act about a held run: what is decided on is its plan, or its file.
func (a Acts) about(ctx context.Context, by audit.Entry, record state.Record) (audit.Entry, error) {
	by.Flow, by.Run = record.Flow, record.ID
	kept, err := a.app.store.Plan(ctx, record.ID)
	switch {
	case err == nil:
		by.Hash = kept.Hash
	case !errors.Is(err, state.ErrNotFound):
		return by, err
	case record.File != nil:
		by.Hash = record.File.SHA256
	}
	return by, nil
}

// agree reports whether enough people have approved with this one. Otherwise it keeps their
// word, once, and returns ErrSecond. Who began the run by hand, or brought its file, is one of
// the two at most: whoever approves second is another person than who approved first.
func (a Acts) agree(ctx context.Context, f config.Flow, by audit.Entry) error {
	if f.Approvals < 2 {
		return nil
	}
	acts, err := a.app.store.Audit().Of(ctx, by.Run)
	if err != nil {
		return err
	}
	mine := false
	for _, l := range acts {
		if l.Act != audit.Approve || l.Hash != by.Hash {
			continue
		}
		if l.Who != by.Who {
			return nil
		}
		mine = true
	}
	if mine {
		return fmt.Errorf("%w: you have approved run %s already: %w", ErrUsage, by.Run, ErrSecond)
	}
	if err := a.app.store.Audit().Append(ctx, by); err != nil {
		return err
	}
	return fmt.Errorf("your approval of run %s is on record: %w", by.Run, ErrSecond)
}
