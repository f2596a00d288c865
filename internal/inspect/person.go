package inspect

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// Event is what a run did with a person, or what several did one after the other.
type Event struct {
	explain.Explanation
	Kind run.Kind `json:"kind"`
	// At is when the newest of the runs began, Since the oldest, and Runs how many said the
	// same, one after the other.
	At    time.Time `json:"started_at"`
	Since time.Time `json:"since"`
	Runs  int       `json:"runs"`
	// ApprovedBy are those who approved what was changed.
	ApprovedBy []string `json:"approved_by,omitempty"`
}

// Person is the time line of a person over all flows and their newest runs, the newest first, as
// far as the files of the runs are kept: in which file they were, why not, and what was
// changed. They are meant by login, e-mail, number or Lucca id, or else by name; once found, they
// are followed by their id, so that another login does not end the line. It is empty where nobody
// was found; several people of one name are a run.ErrUsage that has their ids.
func (i Inspector) Person(ctx context.Context, who string, runs int) ([]Event, error) {
	if i.Store == nil {
		return nil, nil
	}
	people, err := searcher{i}.meant(ctx, who)
	if err != nil {
		return nil, err
	}
	return searcher{i}.line(ctx, who, people, runs)
}

// PersonOf is the person who has a Lucca id, whoever else has it as a number, as they were last
// called, and their time line.
func PersonOf(ctx context.Context, i Inspector, id, runs int) (who Somebody, line []Event, err error) {
	who.ID = id
	if i.Store == nil || id <= 0 {
		return who, nil, nil
	}
	s := searcher{i}
	people, err := s.somebody(ctx, state.PersonQuery{Person: int64(id)})
	if err != nil {
		return who, nil, err
	}
	if len(people) > 0 {
		who = people[0]
	}
	if people, err = s.everywhere(ctx, people); err != nil {
		return who, nil, err
	}
	ids := append(idsOf(people), id)
	line, err = s.line(ctx, strconv.Itoa(id), people, runs)
	return who, slices.DeleteFunc(line, func(e Event) bool { return e.Employee != 0 && !slices.Contains(ids, e.Employee) }), err
}

// line is what the newest runs did with people, who were asked for in these words.
func (i searcher) line(ctx context.Context, who string, people []Somebody, runs int) ([]Event, error) {
	records, err := i.inspector.Store.Runs(ctx, state.Filter{Limit: runs})
	if err != nil {
		return nil, err
	}
	said, err := i.saidOf(ctx, people, records)
	if err != nil {
		return nil, err
	}
	without, err := i.inspector.Store.Unindexed(ctx)
	if err != nil {
		return nil, err
	}
	var line []Event
	ids := idsOf(people)
	for _, r := range records {
		found := said[r.ID]
		if slices.Contains(without, r.ID) {
			if found, err = readWhole(ctx, i.inspector, r, who, ids); err != nil {
				return nil, err
			}
		}
		for _, e := range found {
			if e.Employee != 0 && !slices.Contains(ids, e.Employee) {
				ids = append(ids, e.Employee)
			}
			line = follow(line, Event{Explanation: e, Kind: r.Kind, At: r.StartedAt, Since: r.StartedAt, Runs: 1})
		}
	}
	for n := range line {
		if err := line[n].approved(ctx, i.inspector); err != nil {
			return nil, err
		}
	}
	return line, nil
}

// approved takes in who approved what was changed.
func (e *Event) approved(ctx context.Context, i Inspector) error {
	if len(e.Set) == 0 || i.Acts == nil {
		return nil
	}
	acts, err := i.Acts(ctx, e.Run)
	for _, a := range acts {
		if a.Act == audit.Approve && !slices.Contains(e.ApprovedBy, a.Who) {
			e.ApprovedBy = append(e.ApprovedBy, a.Who)
		}
	}
	return err
}

// follow puts an event below newer ones, or makes it part of the last one of its flow where that
// says the same of the person.
func follow(line []Event, e Event) []Event {
	for n := len(line) - 1; n >= 0; n-- {
		last := &line[n]
		if last.Flow != e.Flow || last.Employee != e.Employee {
			continue
		}
		if last.Kind != run.Export || last.Decision != e.Decision || last.Outcome != e.Outcome || !slices.Equal(last.Notes, e.Notes) {
			break
		}
		last.Since = e.Since
		last.Runs++
		return line
	}
	return append(line, e)
}

// readWhole is what a run of an earlier version of the program did with a person, of which it kept
// only the whole file or plan: by what they are called, else by their ids.
func readWhole(ctx context.Context, i Inspector, r state.Record, who string, ids []int) ([]explain.Explanation, error) {
	find, err := finder(ctx, i, r)
	if err != nil || find == nil {
		return nil, err
	}
	found, err := find(who)
	for _, id := range ids {
		if slices.ContainsFunc(found, func(e explain.Explanation) bool { return e.Employee == id }) {
			continue
		}
		more, missing := find(strconv.Itoa(id))
		if missing == nil {
			found, err = append(found, more...), nil
		}
	}
	if errors.Is(err, run.ErrUsage) {
		return nil, nil // the run is about others
	}
	return found, err
}

// finder explains a person in a run; nil where nothing is kept of it.
func finder(ctx context.Context, i Inspector, r state.Record) (func(who string) ([]explain.Explanation, error), error) {
	if r.Kind == run.Export {
		return inFile(ctx, i, r)
	}
	return inPlan(ctx, i, r)
}

func inFile(ctx context.Context, i Inspector, r state.Record) (func(who string) ([]explain.Explanation, error), error) {
	s, err := snapshotOf(ctx, i, r.ID)
	if errors.Is(err, state.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s.Columns = nil // the cells are not looked up
	return func(who string) ([]explain.Explanation, error) { return explain.Export(r.Run, s, explain.File{}, who) }, nil
}

func inPlan(ctx context.Context, i Inspector, r state.Record) (func(who string) ([]explain.Explanation, error), error) {
	p, kept, err := planOf(ctx, i, r.ID, true)
	if err != nil || !kept {
		return nil, err
	}
	rows, err := i.Store.Rows(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	whole, err := i.Store.Run(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return func(who string) ([]explain.Explanation, error) {
		found, err := explain.Plan(whole.Run, whole.Findings, p.Plan, p.People, who)
		for n := range found {
			found[n].Why += applied(i, whole, found[n], rows)
		}
		return found, err
	}, nil
}
