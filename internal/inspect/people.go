package inspect

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// People is whom runs know: see state.People.
type People interface {
	FindPeople(ctx context.Context, q state.PersonQuery) ([]state.Somebody, error)
	SaidOf(ctx context.Context, flow string, person int64) ([]state.Said, error)
	Unindexed(ctx context.Context) ([]string, error)
	FindingsOfRow(ctx context.Context, run string, row int) ([]finding.Finding, error)
	PlanSearch(ctx context.Context, run string) ([]byte, error)
	PlanLines(ctx context.Context, run string, items []int) ([][]byte, error)
}

// Somebody is a person whom runs know, as they were last called.
type Somebody struct {
	// ID is the Lucca id; 0 for somebody who had none yet.
	ID int `json:"employee_id,omitempty"`
	explain.Names
	// Flows are those that know them.
	Flows []string `json:"flows"`

	person int64
	tenant string
	logins []string // former ones too
}

// mostFound is how many people a search lists.
const mostFound = 50

// FindPeople lists the people whom runs know by a login, an e-mail address, a number, a Lucca id
// or a part of a name, those of the newest run first: at most fifty. It is never nil beside a nil
// error.
func (i Inspector) FindPeople(ctx context.Context, who string) ([]Somebody, error) {
	if i.Store == nil {
		return []Somebody{}, nil
	}
	q := state.PersonQuery{Keys: explain.ExactKeys(strings.TrimSpace(who)), Parts: explain.NameParts(who), Limit: 20 * mostFound}
	if id, err := strconv.Atoi(strings.TrimSpace(who)); err == nil && id > 0 {
		q.Person = int64(id)
	}
	if strings.TrimSpace(who) == "" {
		return []Somebody{}, nil
	}
	found, err := searcher{i}.somebody(ctx, q)
	return found[:min(len(found), mostFound)], err
}

// searcher finds people, and what was said of them.
type searcher struct{ inspector Inspector }

// somebody asks the store, and puts together what flows of one tenant know of one person.
func (i searcher) somebody(ctx context.Context, q state.PersonQuery) ([]Somebody, error) {
	rows, err := i.inspector.Store.FindPeople(ctx, q)
	if err != nil {
		return nil, err
	}
	list := []Somebody{}
	for _, r := range rows {
		names, err := explain.ReadNames(r.Who)
		if err != nil {
			return nil, err
		}
		tenant := i.inspector.Config.Flows[r.Flow].Tenant
		n := slices.IndexFunc(list, func(p Somebody) bool { return p.person == r.Person && p.tenant == tenant })
		if n < 0 {
			n = len(list)
			list = append(list, Somebody{ID: max(int(r.Person), 0), Names: names, person: r.Person, tenant: tenant})
		}
		if names.Login != "" && !slices.Contains(list[n].logins, names.Login) {
			list[n].logins = append(list[n].logins, names.Login)
		}
		if !slices.Contains(list[n].Flows, r.Flow) {
			list[n].Flows = append(list[n].Flows, r.Flow)
		}
	}
	return list, nil
}

// meant are the people whom who means: exactly, or else by name, which has to be one person's.
// With them are those rows of plans without an id that have the same names.
func (i searcher) meant(ctx context.Context, who string) ([]Somebody, error) {
	who = strings.TrimSpace(who)
	if who == "" {
		return nil, nil
	}
	people, err := i.somebody(ctx, state.PersonQuery{Keys: explain.ExactKeys(who)})
	if id, fault := strconv.Atoi(who); err == nil && len(people) == 0 && fault == nil && id > 0 {
		people, err = i.somebody(ctx, state.PersonQuery{Person: int64(id)})
	}
	if err == nil && len(people) == 0 {
		people, err = i.named(ctx, who)
	}
	if err != nil {
		return nil, err
	}
	return i.everywhere(ctx, people)
}

// named is the one person who is called so.
func (i searcher) named(ctx context.Context, who string) ([]Somebody, error) {
	parts := explain.NameParts(who)
	if len(parts) == 0 {
		return nil, nil
	}
	people, err := i.somebody(ctx, state.PersonQuery{Parts: parts, Limit: 20 * mostFound})
	if err != nil {
		return nil, err
	}
	if ids := idsOf(people); len(ids) > 1 {
		return nil, fault.Hint(fault.Of(run.ErrUsage, "several people have this in their name: those with the Lucca ids %s", joined(ids)),
			"ask by the id, the login or the e-mail address")
	}
	return people, nil
}

// joined are some ids as a sentence lists them.
func joined(ids []int) string {
	rest := ""
	if len(ids) > 10 {
		ids, rest = ids[:10], " and others"
	}
	texts := make([]string, len(ids))
	for n, id := range ids {
		texts[n] = strconv.Itoa(id)
	}
	return strings.Join(texts, ", ") + rest
}

// everywhere adds what else is known of the people: their ids in other flows of the tenant, and
// rows of plans that had no id yet.
func (i searcher) everywhere(ctx context.Context, people []Somebody) ([]Somebody, error) {
	all := slices.Clone(people)
	for _, p := range people {
		if p.ID == 0 {
			continue
		}
		same, err := i.somebody(ctx, state.PersonQuery{Person: p.person})
		if err != nil {
			return nil, err
		}
		all = join(all, same, p.tenant)
		for _, q := range same {
			if q.tenant == p.tenant {
				p.logins = append(p.logins, q.logins...)
			}
		}
		// A login is one person's; a mail or a number may be that of several.
		var keys []string
		for _, login := range p.logins {
			keys = append(keys, explain.Names{Login: login}.Keys()...)
		}
		if len(keys) == 0 {
			continue
		}
		before, err := i.somebody(ctx, state.PersonQuery{Keys: keys, WithoutID: true})
		if err != nil {
			return nil, err
		}
		all = join(all, before, p.tenant)
	}
	return all, nil
}

// join puts those of a tenant to others, each once with all of their flows.
func join(all, more []Somebody, tenant string) []Somebody {
	for _, p := range more {
		if p.tenant != tenant {
			continue
		}
		n := slices.IndexFunc(all, func(k Somebody) bool { return k.person == p.person && k.tenant == tenant })
		if n < 0 {
			all = append(all, p)
			continue
		}
		for _, f := range p.Flows {
			if !slices.Contains(all[n].Flows, f) {
				all[n].Flows = append(all[n].Flows, f)
			}
		}
	}
	return all
}

func idsOf(people []Somebody) []int {
	var ids []int
	for _, p := range people {
		if p.ID > 0 && !slices.Contains(ids, p.ID) {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// saidOf is what runs said of people, by run.
func (i searcher) saidOf(ctx context.Context, people []Somebody, records []state.Record) (map[string][]explain.Explanation, error) {
	by := make(map[string]*state.Record, len(records))
	for n := range records {
		by[records[n].ID] = &records[n]
	}
	out := make(map[string][]explain.Explanation)
	for _, p := range people {
		for _, f := range p.Flows {
			list, err := i.inspector.Store.SaidOf(ctx, f, p.person)
			if err != nil {
				return nil, err
			}
			for _, s := range list {
				r := by[s.Run]
				if r == nil {
					continue // older than what was asked for
				}
				e, err := i.said(ctx, r, p.ID, s.Entry)
				if err != nil {
					return nil, err
				}
				out[s.Run] = append(out[s.Run], e)
			}
		}
	}
	return out, nil
}

// said is what one run did with a person.
func (i searcher) said(ctx context.Context, r *state.Record, id int, entry []byte) (explain.Explanation, error) {
	if r.Kind == run.Export {
		return explain.SaidInFile(r.Run, id, entry)
	}
	e, err := explain.SaidInPlan(r.Run, id, entry, func(row int) ([]finding.Finding, error) { return i.inspector.Store.FindingsOfRow(ctx, r.ID, row) })
	if err != nil || settled(e) {
		return e, err
	}
	o, err := i.inspector.Store.RowOf(ctx, r.ID, e.Item)
	switch {
	case errors.Is(err, state.ErrNotFound):
		e.Why += applied(i.inspector, *r, e, nil)
	case err != nil:
		return e, err
	default:
		e.Why += applied(i.inspector, *r, e, []apply.Outcome{o})
	}
	return e, nil
}
