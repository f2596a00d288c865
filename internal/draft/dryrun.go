package draft

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
)

// DryRun is a run of a flow that sends and changes nothing, for whoever asked for it.
type DryRun struct {
	ID, Flow string
	// Owner is the account that asked, as in the audit; Only is the employee whom it asked about.
	Owner, Only string
	At          time.Time
	// Ended: Report says what would be done, of which the plan has no more than MostItems that
	// change something, or Fault why nothing could be.
	Ended  bool
	Report flow.Report
	Fault  error

	used time.Time
}

// MostItems is how many items of its plan a dry run keeps.
const MostItems = 100

// DryRuns has those of a process, each for an hour.
type DryRuns struct {
	options Options

	mu   sync.Mutex
	runs map[string]*DryRun
}

// NewDryRuns returns none yet.
func NewDryRuns(o Options) *DryRuns { return &DryRuns{options: o, runs: make(map[string]*DryRun)} }

// Begin has a flow rehearsed while an answer is given, for the account of by, and puts that on
// record. Only names one employee, or nobody. Somebody has one dry run of a flow at a time.
func (d *DryRuns) Begin(ctx context.Context, only string, by audit.Entry) (id string, err error) {
	instance := d.options.Instance()
	f, err := instance.Config.Flow(by.Flow)
	if err != nil {
		return "", err
	}
	one := &DryRun{ID: rand.Text(), Flow: by.Flow, Owner: by.Who, Only: only, At: flow.Now(), used: flow.Now()}
	if err := d.add(one); err != nil {
		return "", d.options.refused(ctx, by, err)
	}
	if err := instance.Record(ctx, by); err != nil {
		d.become(one.ID, func(now *DryRun) { now.Ended, now.Fault = true, err })
		return "", err
	}
	d.options.Background(ctx, func(ctx context.Context) {
		report, err := instance.Run(ctx, one.Flow, flow.Request{DryRun: true, Only: only, Diff: f.Kind() == run.Export && only == ""})
		report.Names = namesAtBeginning(report)
		report.Plan = Beginning(report.Plan)
		d.become(one.ID, func(now *DryRun) { now.Ended, now.Report, now.Fault = true, report, err })
	})
	return one.ID, nil
}

// add keeps one more, and forgets those that nobody looks at.
func (d *DryRuns) add(one *DryRun) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, old := range d.runs {
		switch {
		case old.Ended && flow.Now().Sub(old.used) > Kept:
			delete(d.runs, id)
		case !old.Ended && old.Owner == one.Owner && old.Flow == one.Flow:
			return fmt.Errorf("%w: %w", run.ErrUsage, ErrWorking)
		}
	}
	if len(d.runs) >= most {
		return fmt.Errorf("%w: %w", run.ErrUsage, ErrMost)
	}
	d.runs[one.ID] = one
	return nil
}

func (d *DryRuns) become(id string, change func(*DryRun)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if one, ok := d.runs[id]; ok {
		change(one)
	}
}

// Get is a dry run of an account, as it is now.
func (d *DryRuns) Get(id, who string) (DryRun, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	one, ok := d.runs[id]
	if !ok || one.Owner != who {
		return DryRun{}, fmt.Errorf("%w: %w", run.ErrUsage, ErrNoDryRun)
	}
	one.used = flow.Now()
	return *one, nil
}

// namesAtBeginning are the names of whom the items of Beginning are about.
func namesAtBeginning(r flow.Report) (names []string) {
	if r.Plan == nil || len(r.Names) != len(r.Plan.Items) {
		return nil
	}
	for n := range r.Plan.Items {
		if r.Plan.Items[n].Action != plan.Unchanged && len(names) < MostItems {
			names = append(names, r.Names[n])
		}
	}
	return names
}

// Beginning has the first MostItems items of a plan that change something, without the rest of the
// plan in memory.
func Beginning(p *plan.Plan) *plan.Plan {
	if p == nil {
		return nil
	}
	short := &plan.Plan{}
	for n := range p.Items {
		if item := &p.Items[n]; item.Action != plan.Unchanged && len(short.Items) < MostItems {
			short.Items = append(short.Items, *item)
		}
	}
	return short
}
