package inspect

import (
	"context"
	"math"
	"slices"

	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// Subject is one person, with all that runs have called them and said of them.
type Subject struct {
	// IDs are the Lucca ids; none of somebody whom Lucca did not have yet.
	IDs []int
	// Called is each way in which they were called, the newest first.
	Called []explain.Names
	// Known are they as the state knows them, one for each flow and number.
	Known []state.Somebody
	// Tenant is that of their flows.
	Tenant string
	// Said is what each run said of them.
	Said map[string][]explain.Explanation
	// Line is the same in the order of time, the newest first.
	Line []Event
}

// SubjectOf finds the one person whom who means: see Inspector.Person. Its IDs and Known are empty where
// nobody was found; several people are a run.ErrUsage.
func SubjectOf(ctx context.Context, i Inspector, who string) (Subject, error) {
	s := Subject{}
	if i.Store == nil {
		return s, nil
	}
	search := searcher{i}
	people, err := search.meant(ctx, who)
	if err != nil || len(people) == 0 {
		return s, err
	}
	s.IDs, s.Tenant = idsOf(people), people[0].tenant
	if len(s.IDs) > 1 || slices.ContainsFunc(people, func(p Somebody) bool { return p.tenant != s.Tenant }) {
		return Subject{}, fault.Hint(fault.Of(run.ErrUsage, "several people are called so: those with the Lucca ids %s", joined(s.IDs)), "ask by the id, the login or the e-mail address")
	}
	for _, p := range people {
		rows, err := i.Store.FindPeople(ctx, state.PersonQuery{Person: p.person})
		if err != nil {
			return Subject{}, err
		}
		for _, row := range rows {
			if i.Config.Flows[row.Flow].Tenant != s.Tenant {
				continue
			}
			names, err := explain.ReadNames(row.Who)
			if err != nil {
				return Subject{}, err
			}
			s.Known = append(s.Known, row)
			if !slices.Contains(s.Called, names) {
				s.Called = append(s.Called, names)
			}
		}
	}
	records, err := i.Store.Runs(ctx, state.Filter{})
	if err != nil {
		return Subject{}, err
	}
	if s.Said, err = search.saidOf(ctx, people, records); err != nil {
		return Subject{}, err
	}
	s.Line, err = search.line(ctx, who, people, math.MaxInt32)
	return s, err
}
