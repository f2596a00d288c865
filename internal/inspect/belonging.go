package inspect

import (
	"bytes"
	"context"
	"errors"
	"strconv"

	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// FindingsIn are the findings of a run about people of one establishment, as far as it is still kept
// where they belong: of an import by the name in the plan, of an export by Lucca's id.
func (i Inspector) FindingsIn(ctx context.Context, r state.Record, establishment string) (found []finding.Finding, err error) {
	if r.Kind == run.Export {
		id, err := strconv.Atoi(establishment)
		if err != nil || id == 0 {
			return nil, nil //nolint:nilerr // no establishment of Lucca has such an id
		}
		noted, err := NotedBy(ctx, i, r, id)
		return noted.Findings, err
	}
	about, err := rowsIn(ctx, i, r.ID, establishment)
	if errors.Is(err, state.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, f := range r.Findings {
		if about(f) {
			found = append(found, f)
		}
	}
	return found, nil
}

func rowsIn(ctx context.Context, i Inspector, id, establishment string) (func(finding.Finding) bool, error) {
	kept, err := linesOf(ctx, i, id)
	if err != nil {
		return nil, err
	}
	rows := make(map[int]bool)
	for line := range bytes.Lines(kept.search) {
		s, err := explain.ReadSought(bytes.TrimSuffix(line, []byte("\n")))
		if err != nil {
			return nil, err
		}
		if s.Row > 0 && string(s.Establishment) == establishment {
			rows[s.Row] = true
		}
	}
	return func(f finding.Finding) bool { return rows[f.Row] }, nil
}
