package draft

import (
	"context"
	"crypto/rand"
	"iter"
	"slices"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
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
}

// MostItems is how many items that change something are kept of a plan.
const MostItems = 100

// DryRuns has those of a state, each for an hour.
type DryRuns struct{ options Options }

// NewDryRuns returns them.
func NewDryRuns(o Options) *DryRuns { return &DryRuns{options: o} }

// Begin has a flow rehearsed while an answer is given, for the account of by, and puts that on
// record. Only names one employee, or nobody. Somebody has one dry run of a flow at a time.
func (d *DryRuns) Begin(ctx context.Context, only string, by audit.Entry) (id string, err error) {
	instance := d.options.Instance()
	f, err := instance.Config.Flow(by.Flow)
	if err != nil {
		return "", err
	}
	one := DryRun{ID: rand.Text(), Flow: by.Flow, Owner: by.Who, Only: only, At: flow.Now()}
	kept := state.Draft{ID: one.ID, Kind: kindDryRun, Owner: one.Owner, Flow: one.Flow, Working: true, Expires: one.At.Add(lease)}
	if kept.Data, err = one.encode(); err != nil {
		return "", err
	}
	if err := instance.Store.Add(ctx, kept, nil, one.At, by, one.alone); err != nil {
		return "", d.options.refused(ctx, by, err)
	}
	d.options.Background(ctx, func(ctx context.Context) {
		stop := d.options.hold(ctx, kept)
		one.Report, one.Fault = instance.Run(ctx, one.Flow, flow.Request{DryRun: true, Only: only, Diff: f.Kind() == run.Export && only == ""})
		stop()
		one.Ended, one.Report.Names, one.Report.Plan = true, namesAtBeginning(one.Report), Beginning(one.Report.Plan)
		var err error
		if kept.Data, err = one.encode(); err == nil {
			err = d.options.keep(ctx, kept)
		}
		if err != nil {
			d.options.Logger.WarnContext(ctx, "dryrun.lost", "flow", one.Flow, "err", err)
		}
	})
	return one.ID, nil
}

// alone refuses a second one of an account and flow at a time, and one more than there may be.
func (d DryRun) alone(others []state.Draft) error {
	if slices.ContainsFunc(others, func(o state.Draft) bool { return o.Working && o.Owner == d.Owner && o.Flow == d.Flow }) {
		return fault.Wrap(run.ErrUsage, ErrWorking)
	}
	return few(others)
}

// Get is a dry run of an account, as it is now.
func (d *DryRuns) Get(ctx context.Context, id, who string) (DryRun, error) {
	kept, err := d.options.find(ctx, kindDryRun, id, who, ErrNoDryRun)
	if err != nil {
		return DryRun{}, err
	}
	return decodeDryRun(kept)
}

// namesAtBeginning are the names of whom the items of Beginning are about.
func namesAtBeginning(r flow.Report) (names []string) {
	if r.Plan == nil || len(r.Names) != len(r.Plan.Items) {
		return nil
	}
	for n := range atBeginning(r.Plan) {
		names = append(names, r.Names[n])
	}
	return names
}

// Beginning has the first MostItems items of a plan that change something, and as many of those that
// are rejected, without the rest of the plan in memory.
func Beginning(p *plan.Plan) *plan.Plan {
	if p == nil {
		return nil
	}
	short := &plan.Plan{}
	for n := range atBeginning(p) {
		short.Items = append(short.Items, p.Items[n])
	}
	return short
}

func atBeginning(p *plan.Plan) iter.Seq[int] {
	return func(yield func(int) bool) {
		changed, rejected := 0, 0
		for n := range p.Items {
			of := &changed
			switch p.Items[n].Action {
			case plan.Unchanged:
				continue
			case plan.Reject:
				of = &rejected
			}
			if *of++; *of <= MostItems && !yield(n) {
				return
			}
		}
	}
}
