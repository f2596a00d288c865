package inspect

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/person"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/state"
)

// PlanQuery chooses items of a plan; its zero value chooses all.
type PlanQuery struct {
	Action plan.Action
	// Column is the code of a field: of what is set, or of what a finding is about.
	Column string
	// Code is that of a finding, Establishment the one where people belong.
	Code, Establishment string
	// Text is in what somebody is called where Names says that they may be named, in the code of a
	// field that is set, or in the code, the field or the sentence of a finding.
	Text  string
	Names bool
	// Changed leaves out those that are in Lucca as in the file.
	Changed bool
	// ByManager has people stand under their manager, whoever has none last.
	ByManager bool
	// After is how many to pass over, and Limit the largest number of answers; 0 for no limit.
	After, Limit int
}

// PlanPage is a page of the plan of a run.
type PlanPage struct {
	Run state.Record
	KeptPlan
	// Overtaken is set when nobody can approve it any more.
	Overtaken *Overtaken
	Lines     []PlanLine
	// Found counts what the query chooses, All the items of the plan.
	Found, All int
	// Columns counts the items of the whole plan by the code that they set, Establishments by where
	// people belong, as far as that is known.
	Columns, Establishments map[string]int
	// Managers says that a manager is known of anybody.
	Managers bool
}

// PlanLine is an item of a plan, with what was found about its row.
type PlanLine struct {
	explain.Line
	// Item is its place in the plan.
	Item     int
	Findings []finding.Finding
}

// PlanPage shows a page of the plan of the run with this id, or a unique beginning or end of it: what
// of the whole is looked at is no more than its codes and names. The error is that of PlanOf where
// the run has none.
func (i Inspector) PlanPage(ctx context.Context, id string, q PlanQuery) (PlanPage, error) {
	r, err := i.Run(ctx, id)
	if err != nil {
		return PlanPage{}, err
	}
	page := PlanPage{Run: r, Columns: make(map[string]int), Establishments: make(map[string]int)}
	kept, err := i.Store.PlanHead(ctx, r.ID)
	if errors.Is(err, state.ErrNotFound) {
		return PlanPage{}, noPlan(r)
	}
	if err != nil {
		return PlanPage{}, err
	}
	page.KeptPlan = KeptPlan{Hash: kept.Hash, Expires: kept.Expires, State: kept.State}
	if page.Overtaken, err = i.overtakenBy(ctx, r); err != nil {
		return PlanPage{}, err
	}
	lines, err := linesOf(ctx, i, r.ID)
	if err != nil {
		return PlanPage{}, err
	}
	said := make(map[int][]finding.Finding)
	for _, f := range r.Findings {
		if f.Row > 0 {
			said[f.Row] = append(said[f.Row], f)
		}
	}
	items, err := page.choose(lines.search, q, said)
	if err != nil {
		return PlanPage{}, err
	}
	read, err := lines.read(items)
	if err != nil {
		return PlanPage{}, err
	}
	for n, l := range read {
		page.Lines = append(page.Lines, PlanLine{l, items[n], said[l.Row]})
	}
	return page, nil
}

// choose counts what the query means, and returns the places of those on the page.
func (p *PlanPage) choose(search []byte, q PlanQuery, said map[int][]finding.Finding) (items []int, err error) {
	text := person.Fold(q.Text)
	var all []subordinate
	sets, places := make(tally), make(tally)
	for line := range bytes.Lines(search) {
		s, err := explain.ReadSought(bytes.TrimSuffix(line, []byte("\n")))
		if err != nil {
			return nil, err
		}
		p.All++
		p.Managers = p.Managers || len(s.Manager) > 0
		sets.add(s.Codes())
		places.add(s.Establishment)
		if !q.means(s, said[s.Row], text) {
			continue
		}
		if p.Found++; q.ByManager {
			all = append(all, subordinate{string(s.Manager), p.All - 1})
		} else if p.Found > q.After && (q.Limit == 0 || len(items) < q.Limit) {
			items = append(items, p.All-1)
		}
	}
	for _, one := range q.page(all) {
		items = append(items, one.item)
	}
	for codes, n := range sets {
		for _, code := range explain.CodesIn(codes) {
			p.Columns[code] += *n
		}
	}
	for name, n := range places {
		p.Establishments[name] = *n
	}
	delete(p.Establishments, "")
	return items, nil
}

// tally counts names; one that was counted before is counted without a copy of it.
type tally map[string]*int

func (t tally) add(name []byte) {
	if n := t[string(name)]; n != nil {
		*n++
		return
	}
	one := 1
	t[string(name)] = &one
}

// subordinate is an item of a plan, by the manager of whom it is about.
type subordinate struct {
	manager string
	item    int
}

// page are those of a page, each under their manager.
func (q PlanQuery) page(all []subordinate) []subordinate {
	slices.SortStableFunc(all, func(a, b subordinate) int {
		if (a.manager == "") != (b.manager == "") {
			return cmp.Compare(len(b.manager), len(a.manager)) // nobody's comes last
		}
		return cmp.Compare(a.manager, b.manager)
	})
	all = all[min(q.After, len(all)):]
	if q.Limit > 0 {
		all = all[:min(q.Limit, len(all))]
	}
	return all
}

func (q PlanQuery) means(s explain.Sought, found []finding.Finding, text string) bool {
	switch {
	case q.Action != "" && s.Action != q.Action, q.Changed && s.Action == plan.Unchanged && q.Action == "":
		return false
	case q.Establishment != "" && string(s.Establishment) != q.Establishment:
		return false
	case q.Column != "" && !s.Sets(q.Column) && !slices.ContainsFunc(found, func(f finding.Finding) bool { return f.Column == q.Column }):
		return false
	case q.Code != "" && !slices.ContainsFunc(found, func(f finding.Finding) bool { return f.Code == q.Code }):
		return false
	case strings.TrimSpace(q.Text) == "":
		return true
	case text != "" && q.Names && s.Called(text):
		return true
	}
	if part := strings.TrimSpace(q.Text); !strings.Contains(part, ",") && containsFold(s.Codes(), part) {
		return true
	}
	return slices.ContainsFunc(found, func(f finding.Finding) bool {
		return contains(f.Code, q.Text) || contains(f.Column, q.Text) || contains(f.Message, q.Text)
	})
}

// containsFold does not care for letter case either, and copies nothing of the codes of most items.
func containsFold(codes []byte, part string) bool {
	for at := 0; at+len(part) <= len(codes); at++ {
		if bytes.EqualFold(codes[at:at+len(part)], []byte(part)) {
			return true
		}
	}
	return false
}

// contains does not care for letter case.
func contains(s, part string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(strings.TrimSpace(part)))
}

// lines is what is looked at of a plan.
type lines struct {
	search []byte
	read   func(items []int) ([]explain.Line, error)
}

// linesOf reads what was kept of a plan to be looked at, or for one of an earlier version the whole.
func linesOf(ctx context.Context, i Inspector, run string) (lines, error) {
	search, err := i.Store.PlanSearch(ctx, run)
	if err == nil {
		return lines{search, func(items []int) ([]explain.Line, error) {
			kept, err := i.Store.PlanLines(ctx, run, items)
			if err != nil {
				return nil, err
			}
			out := make([]explain.Line, len(kept))
			for n, b := range kept {
				if out[n], err = explain.DecodeLine(b); err != nil {
					return nil, err
				}
			}
			return out, nil
		}}, nil
	}
	if !errors.Is(err, state.ErrNotFound) {
		return lines{}, err
	}
	kept, err := i.Store.Plan(ctx, run)
	if err != nil {
		return lines{}, err
	}
	p, err := i.Plan(kept, true)
	if err != nil {
		return lines{}, err
	}
	var b bytes.Buffer
	var all []explain.Line
	for l := range explain.Lines(p.Plan, p.People) {
		all = append(all, l)
		b.Write(append(l.Search(), '\n'))
	}
	return lines{b.Bytes(), func(items []int) ([]explain.Line, error) {
		out := make([]explain.Line, len(items))
		for n, item := range items {
			out[n] = all[item]
		}
		return out, nil
	}}, nil
}
