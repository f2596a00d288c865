package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/userfile"
)

// hiresRun makes employees of the candidates that were recruited since the last run.
type hiresRun struct {
	fileRun
	// faults are what went wrong with taking hires in, in sentences. Those that are stored do
	// not wait for it, and the run fails in the end.
	faults []string
	// intake are the findings about what was taken in: their rows are not those of the plan.
	intake []finding.Finding
	// unreadable counts the rows of a file that are no hires, undecided the hires that a
	// person must look at.
	unreadable, undecided int
	// polled tells that the ATS was asked, and answered.
	polled bool
}

func newHires(x execution, o RunOptions) *hiresRun {
	h := x.flow.Hires
	return &hiresRun{fileRun: fileRun{
		changeRun: changeRun{execution: x, policy: h.Policy(), limits: h.Limits, approval: h.Approval},
		local:     o.File,
	}}
}

func (x *hiresRun) result() flow.Result {
	r := x.so()
	r.Path, r.Plan, r.Waiting, r.Place, r.Reports = x.path, x.plan, x.waiting, x.settled.Place, x.settled.Attached
	r.Sent = x.sent()
	return r
}

// storedHire is what the store keeps of an event.
type storedHire struct {
	Event hire.Event `json:"event"`
	// Forced: a person looked at it and wants the employee created.
	Forced bool `json:"forced,omitempty"`
}

func decodeHire(h state.Hire) (storedHire, error) {
	var s storedHire
	if err := json.Unmarshal(h.Data, &s); err != nil {
		return s, fmt.Errorf("decode hire %s: %w", h.ID, errDamagedHire)
	}
	return s, nil
}

// errDamagedHire does not repeat what the decoder says: it may hold a value.
var errDamagedHire = errors.New("the stored event is damaged or was purged")

// perform takes in what there is, and makes employees of what waits.
func (x *hiresRun) perform(ctx context.Context) error {
	defer x.account()
	if err := x.connect(); err != nil {
		return err
	}
	if err := x.makeSpool(); err != nil {
		return err
	}
	interrupted, err := x.interrupted(ctx)
	if err != nil {
		return err
	}
	if interrupted != "" {
		return x.goOn(ctx, interrupted)
	}
	if err := x.takeIn(ctx); err != nil {
		return err
	}
	waiting, err := x.waitingHires(ctx, nil)
	if err != nil {
		return err
	}
	if err := x.prepare(ctx, waiting); err != nil || x.plan == nil {
		return err
	}
	if err := x.remember(ctx); err != nil {
		return err
	}
	if x.run.Outcome == run.Held {
		return x.markHires(ctx, state.HireHeld, "the run is held: "+x.run.Reason)
	}
	if err := x.apply(ctx, nil); err != nil {
		return err
	}
	x.conclude(run.Done)
	return x.planDone(ctx)
}

// conclude sets the outcome of a run that could do what it was to do.
func (x *hiresRun) conclude(outcome run.Outcome) {
	x.run.Outcome = outcome
	if finding.Count(x.intake, finding.Error)+finding.Count(x.run.Findings, finding.Error) > 0 {
		x.run.Outcome = run.Rejections
	}
	refused := x.run.Rows.Rejected
	x.run.Rows.Rejected += x.unreadable + x.undecided
	for _, part := range []struct {
		count     int
		one, many string
	}{
		{refused, "1 hire was refused: see lucca-exchange hires", "%d hires were refused: see lucca-exchange hires"},
		{x.undecided, "1 hire waits for a person: see lucca-exchange hires", "%d hires wait for a person: see lucca-exchange hires"},
		{x.unreadable, "1 row of the file was rejected: see the findings", "%d rows of the file were rejected: see the findings"},
	} {
		switch {
		case part.count == 1:
			x.run.Reason = flow.JoinReasons(x.run.Reason, part.one)
		case part.count > 1:
			x.run.Reason = flow.JoinReasons(x.run.Reason, fmt.Sprintf(part.many, part.count))
		}
	}
	if len(x.faults) > 0 {
		x.run.Outcome, x.run.Reason = run.Failed, flow.JoinReasons(append(x.faults, x.run.Reason)...)
	}
}

// account notes what the run cost, and joins what there is to say.
func (x *hiresRun) account() {
	x.count()
	if x.run.Requests != nil {
		x.run.Requests.Polled = x.polled
	}
	x.nameHires()
	said := make(map[finding.Finding]bool, len(x.run.Findings))
	for _, f := range x.run.Findings {
		said[f] = true
	}
	x.intake = slices.DeleteFunc(x.intake, func(f finding.Finding) bool { return said[f] })
	x.run.Findings = append(x.intake, x.run.Findings...)
}

// pending is a hire that waits, decoded.
type pending struct {
	state.Hire
	storedHire
}

// prepare judges what waits and plans who is new. With nobody to create, it concludes the
// run.
func (x *hiresRun) prepare(ctx context.Context, waiting []*pending) error {
	x.run.Rows = &run.Rows{Read: len(waiting) + x.unreadable}
	if len(waiting) == 0 {
		x.nobody("no hire waits")
		return nil
	}
	settings := hire.Settings{Config: x.flow.Hires.HireConfig, Zone: x.flow.Zone}
	x.query = plan.Query(settings.Columns(), x.policy).Union(hire.Query())
	var err error
	if x.people, err = x.readPeople(ctx); err != nil {
		return err
	}
	fresh, err := x.judgeHires(ctx, waiting)
	if err != nil {
		return err
	}
	if len(fresh) == 0 {
		x.nobody("nobody is to be created")
		return nil
	}
	events := make([]hire.Event, len(fresh))
	x.hires = make(map[int]string, len(fresh))
	for i, p := range fresh {
		events[i] = p.Event
		x.hires[i+2] = p.ID
	}
	x.table = hire.Rows(events, settings)
	if err := x.planTable(ctx); err != nil {
		return err
	}
	used := hire.DefaultsUsed(x.table, x.plan)
	x.plan.Findings = append(x.plan.Findings, used.Listed...)
	x.plan.Rest = append(x.plan.Rest, used.Rest()...)
	x.run.Findings = append(x.run.Findings, used.Listed...)
	x.rest = append(x.rest, used.Rest()...)
	x.run.Rows.Read = len(waiting) + x.unreadable
	return x.judge(ctx)
}

// judge measures the plan. Hires come as they come, so that fewer than the last time are no
// sign of a fault; the first run of the flow is the first that creates somebody.
func (x *hiresRun) judge(ctx context.Context) error {
	all := limit.Percent(100)
	x.limits.Shrink = &all
	first := true
	if x.app.store != nil {
		applied, err := x.app.store.Hires(ctx, state.HireFilter{Flow: x.run.Flow, State: state.HireApplied})
		if err != nil {
			return err
		}
		first = len(applied) == 0
	}
	x.plan.Doubts.Doubles = 0 // each hire was judged by itself, or a person has looked at it
	x.measure(first, 0)
	if err := x.heedRestore(ctx); err != nil {
		return err
	}
	if x.run.Outcome == run.Held {
		x.run.Reason = flow.JoinReasons(append([]string{x.run.Reason}, x.faults...)...)
	}
	return nil
}

// nobody concludes a run that has no plan.
func (x *hiresRun) nobody(reason string) {
	x.run.Reason = reason
	x.conclude(run.Nothing)
}

// waitingHires are the hires that no run has dealt with, the oldest first, less those that
// tell of one that is known under another id. More are events that are not stored.
func (x *hiresRun) waitingHires(ctx context.Context, more []hire.Event) ([]*pending, error) {
	var all []state.Hire
	if x.app.store != nil {
		var err error
		if all, err = x.app.store.Hires(ctx, state.HireFilter{Flow: x.run.Flow}); err != nil {
			return nil, err
		}
	}
	slices.Reverse(all)
	var s sieve
	var twins []state.Hire
	holds := x.app.holds()
	for _, h := range all {
		if h.Data == nil && h.State != state.HireReceived {
			continue // purged
		}
		stored, err := decodeHire(h)
		if err != nil {
			x.run.Findings = append(x.run.Findings, finding.Finding{
				Severity: finding.Error, Code: "hire_damaged", Message: Sentence(err) + ": drop it, and create the employee in Lucca",
			})
			continue
		}
		p := &pending{h, stored}
		if p.State, err = x.freed(ctx, holds, h); err != nil {
			return nil, err
		}
		if other, twin := s.add(p); twin {
			twins = append(twins, x.marked(h, state.HireLinked, "the same hire as "+other.ID, other.EmployeeID))
		}
	}
	if err := x.mark(ctx, twins...); err != nil {
		return nil, err
	}
	known := make(map[string]bool, len(all))
	for _, h := range all {
		known[h.EventID] = true
	}
	for i, e := range more {
		if !known[e.ExternalID] {
			s.add(&pending{state.Hire{ID: fmt.Sprintf("new %d", i+1), State: state.HireReceived}, storedHire{Event: e}})
		}
	}
	return s.waiting, nil
}

// sieve keeps of hires those that wait, each once.
type sieve struct {
	twins   map[string][]*pending
	waiting []*pending
}

// add takes a hire, or returns the earlier one that it is.
func (s *sieve) add(p *pending) (other *pending, twin bool) {
	waits := p.State == state.HireReceived
	if p.Event.Twin != "" { // most sources need none, as all their ids are of one kind
		for _, known := range s.twins[p.Event.Twin] {
			if waits && !p.Forced && known.Event.SameHire(p.Event) {
				return known, true
			}
		}
		if s.twins == nil {
			s.twins = make(map[string][]*pending)
		}
		s.twins[p.Event.Twin] = append(s.twins[p.Event.Twin], p)
	}
	if waits {
		s.waiting = append(s.waiting, p)
	}
	return nil, false
}

// freed returns the state of a hire: one that was held with its run waits again when that
// run died, or when nobody decided on it in time.
func (x *hiresRun) freed(ctx context.Context, holds *holds, h state.Hire) (string, error) {
	if h.State != state.HireHeld {
		return h.State, nil
	}
	with, record, err := holds.with(ctx, h)
	if err != nil || !with || record.Outcome == run.Held {
		return h.State, err
	}
	if record.ID == x.run.ID || record.Outcome == run.Failed || record.Outcome == run.Canceled && record.Reason != rejectedRun {
		return state.HireReceived, nil
	}
	return h.State, nil
}

// judgeHires links whom Lucca has, holds whom a person must look at, and returns the rest.
func (x *hiresRun) judgeHires(ctx context.Context, waiting []*pending) ([]*pending, error) {
	events := make([]hire.Event, len(waiting))
	for i, p := range waiting {
		events[i] = p.Event
	}
	var fresh []*pending
	var settled []state.Hire
	for i, j := range hire.Judge(events, x.people, x.flow.Zone) {
		p := waiting[i]
		switch {
		case j.Verdict == hire.New || p.Forced && j.Verdict == hire.Held && j.Reason.MayCreate():
			fresh = append(fresh, p)
		case j.Verdict == hire.Linked:
			reason := inLucca
			if j.EmployeeID == 0 {
				reason = "the same person as another hire of run " + x.run.ID
			}
			settled = append(settled, x.marked(p.Hire, state.HireLinked, reason, j.EmployeeID))
		default:
			settled = append(settled, x.marked(p.Hire, state.HireHeld, j.Reason.Message(), j.EmployeeID))
			x.undecided++
			x.run.Findings = append(x.run.Findings, finding.Finding{
				Severity: finding.Error, Code: string(j.Reason), Message: "hire " + p.ID + ": " + j.Reason.Message() + "; " + choices(p.ID, j.Reason),
			})
		}
	}
	return fresh, x.mark(ctx, settled...)
}

// choices are the commands that decide on a hire that is held.
func choices(id string, why hire.Reason) string {
	drop := fmt.Sprintf("lucca-exchange hires drop %s forgets the hire", id)
	if !why.MayCreate() {
		return drop
	}
	return fmt.Sprintf("lucca-exchange hires retry %s creates the employee, %s", id, drop)
}

// inLucca is why a hire is linked.
const inLucca = "in Lucca already"

// marked is a hire of which it is known what becomes of it.
func (x *changeRun) marked(h state.Hire, state, reason string, employee int) state.Hire {
	h.State, h.Reason, h.Run, h.Updated, h.EmployeeID, h.Data = state, reason, x.run.ID, now(), employee, nil
	return h
}

// mark records what became of hires.
func (x *changeRun) mark(ctx context.Context, hires ...state.Hire) error {
	if x.dry || len(hires) == 0 {
		return nil
	}
	if err := x.app.store.SaveHires(ctx, hires...); err != nil {
		return err
	}
	for _, h := range hires {
		x.app.logger.InfoContext(ctx, "hire.settled", "flow", h.Flow, "hire", h.ID, "run", h.Run, "state", h.State, "employee", h.EmployeeID)
	}
	return nil
}

// hiresByRow are the stored hires of the plan, by their row.
func (x *changeRun) hiresByRow(ctx context.Context) (map[int]state.Hire, error) {
	all, err := x.app.store.Hires(ctx, state.HireFilter{Flow: x.run.Flow})
	if err != nil {
		return nil, err
	}
	byID := make(map[string]state.Hire, len(all))
	for _, h := range all {
		byID[h.ID] = h
	}
	rows := make(map[int]state.Hire, len(x.hires))
	for row, id := range x.hires {
		h, ok := byID[id]
		if !ok {
			return nil, fmt.Errorf("hire %q: %w", id, state.ErrNotFound)
		}
		rows[row] = h
	}
	return rows, nil
}

// markHires records the same about every hire of the plan.
func (x *changeRun) markHires(ctx context.Context, status, reason string) error {
	planned, err := x.hiresByRow(ctx)
	if err != nil {
		return err
	}
	var held []state.Hire
	for _, h := range planned {
		held = append(held, x.marked(h, status, reason, h.EmployeeID))
	}
	return x.mark(ctx, held...)
}

// recordHires tells each hire of an applied plan what became of it. Those without a clear
// answer stay as they are.
func (x *changeRun) recordHires(ctx context.Context) error {
	if len(x.hires) == 0 || x.applied == nil {
		return nil
	}
	outcomes := make(map[int]apply.Outcome)
	for _, o := range x.applied.Outcomes {
		outcomes[o.Item] = o
	}
	reasons := make(map[int][]string)
	for _, f := range x.run.Findings {
		if f.Row > 0 && f.Severity == finding.Error {
			reasons[f.Row] = append(reasons[f.Row], f.Message)
		}
	}
	unlisted := userfile.NewReasons(nil, x.plan.Rest)
	planned, err := x.hiresByRow(ctx)
	if err != nil {
		return err
	}
	var settled []state.Hire
	for i := range x.plan.Items {
		item := &x.plan.Items[i]
		if text, ok := unlisted.Of(item.Row); ok && reasons[item.Row] == nil {
			reasons[item.Row] = []string{text}
		}
		h, o := planned[item.Row], outcomes[i]
		switch {
		case o.Step == apply.Applied:
			settled = append(settled, x.marked(h, state.HireApplied, o.Message, o.EmployeeID))
		case item.Action == plan.Reject || o.Step == apply.Refused || o.Step == apply.Skipped:
			settled = append(settled, x.marked(h, state.HireRefused, strings.Join(reasons[item.Row], "; "), 0))
		case item.Action == plan.Unchanged:
			settled = append(settled, x.marked(h, state.HireLinked, inLucca, item.EmployeeID))
		}
	}
	return x.mark(ctx, settled...)
}

// nameHires makes the findings about rows, which are of no file, findings about hires.
func (x *hiresRun) nameHires() {
	for i := range x.run.Findings {
		f := &x.run.Findings[i]
		if id, ok := x.hires[f.Row]; ok {
			f.Message, f.Row, f.Cell = "hire "+id+": "+f.Message, 0, ""
		}
	}
}

// goOn finishes what an interrupted run began.
func (x *hiresRun) goOn(ctx context.Context, origin string) error {
	if err := x.load(ctx, origin); err != nil {
		return err
	}
	if origin != x.run.ID {
		x.run.Reason = fmt.Sprintf("finished what run %s began; hires that wait are for the next run", origin)
		x.waiting = 1
	}
	return x.carryOut(ctx)
}

// carryOut applies the plan of an earlier run. Whoever is in Lucca by now is not created.
func (x *hiresRun) carryOut(ctx context.Context) error {
	current, err := x.readPeople(ctx)
	if err != nil {
		return err
	}
	if err := x.apply(ctx, current); err != nil {
		return err
	}
	x.conclude(run.Done)
	return x.planDone(ctx)
}

// sent reports whether something may have reached Lucca.
func (x *hiresRun) sent() bool { return x.applied != nil }

// release applies the plan of a held run that a person approved. Plans of hires are about
// different people, so that a later one may have been applied before.
func (x *hiresRun) release(ctx context.Context) error {
	defer x.account()
	if err := x.unexpired(ctx); err != nil {
		return err
	}
	if err := x.connect(); err != nil {
		return err
	}
	x.intake = x.run.Findings
	x.polled = x.run.Requests != nil && x.run.Requests.Polled
	if err := x.load(ctx, x.run.ID); err != nil {
		return err
	}
	x.run.Reason = ""
	return x.carryOut(ctx)
}

// rehearse plans what waits, and what would be taken in, without storing anything.
func (x *hiresRun) rehearse(ctx context.Context) error {
	defer x.account()
	if err := x.connect(); err != nil {
		return err
	}
	x.dry = true
	events, err := x.lookIn(ctx)
	if err != nil {
		return err
	}
	waiting, err := x.waitingHires(ctx, events)
	if err != nil {
		return err
	}
	if err := x.prepare(ctx, waiting); err != nil || x.run.Outcome != "" {
		return err
	}
	x.conclude(run.Done)
	return nil
}
