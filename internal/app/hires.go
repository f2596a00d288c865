package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/hire/flatchr"
	"lucca-exchange/internal/hire/generic"
	"lucca-exchange/internal/ledger"
	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/plan"
)

// hiresRun makes employees of the candidates that were recruited since the last run.
type hiresRun struct {
	fileRun
	// missing is set when an expected file did not come.
	missing string
}

func newHires(x execution, o RunOptions) *hiresRun {
	h := x.flow.Hires
	return &hiresRun{fileRun: fileRun{
		changeRun: changeRun{execution: x, policy: h.Policy(), limits: h.Limits, approval: h.Approval},
		local:     o.File,
	}}
}

func (x *hiresRun) result() Result {
	return Result{
		Run: x.run, Path: x.path, Plan: x.plan,
		Waiting: x.waiting, Place: x.settled.Place, Reports: x.settled.Attached,
	}
}

// storedHire is what the ledger keeps of an event.
type storedHire struct {
	Event hire.Event `json:"event"`
	// Forced: a person looked at it and wants the employee created.
	Forced bool `json:"forced,omitempty"`
}

func decodeHire(h ledger.Hire) (storedHire, error) {
	var s storedHire
	if err := json.Unmarshal(h.Data, &s); err != nil {
		return s, fmt.Errorf("decode hire %s: %w", h.ID, errDamagedHire)
	}
	return s, nil
}

// errDamagedHire does not repeat what the decoder says: it may hold a value.
var errDamagedHire = errors.New("the stored event is damaged or was purged")

// addHire stores an event, unless it is known.
func (a *App) addHire(ctx context.Context, flow string, e hire.Event) (added bool, err error) {
	if err := e.Check(); err != nil {
		return false, err
	}
	e.Row = 0 // of a file that is put away
	data, err := json.Marshal(storedHire{Event: e})
	if err != nil {
		return false, fmt.Errorf("encode hire: %w", err)
	}
	at := now()
	stored, added, err := a.ledger.AddHire(ctx, ledger.Hire{
		Flow: flow, Source: e.Source, EventID: e.ExternalID, State: ledger.HireReceived, Received: at, Updated: at, Data: data,
	})
	if added {
		a.logger.InfoContext(ctx, "hire.received", "flow", flow, "hire", stored.ID, "source", e.Source)
	}
	return added, err
}

// perform takes in what there is, and makes employees of what waits.
func (x *hiresRun) perform(ctx context.Context) error {
	defer x.count()
	defer x.nameHires()
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
	if x.run.Outcome == ledger.Failed {
		return nil // the file is at fault
	}
	waiting, err := x.waitingHires(ctx)
	if err != nil {
		return err
	}
	if err := x.prepare(ctx, waiting); err != nil || x.plan == nil {
		return err
	}
	if err := x.remember(ctx); err != nil {
		return err
	}
	if x.run.Outcome == ledger.Held {
		return x.markHires(ctx, ledger.HireHeld, "the run is held: "+x.run.Reason)
	}
	if err := x.apply(ctx, nil); err != nil {
		return err
	}
	x.finishHires()
	return nil
}

// finishHires sets the outcome after an apply.
func (x *hiresRun) finishHires() {
	x.conclude()
	if x.missing != "" {
		x.run.Outcome, x.run.Reason = ledger.Failed, joinReasons(x.missing, x.run.Reason)
	}
}

// takeIn stores the hires of a dropped file and of a poll.
func (x *hiresRun) takeIn(ctx context.Context) error {
	if x.flow.From != "" || x.local != "" {
		if err := x.takeFile(ctx); err != nil || x.run.Outcome == ledger.Failed && x.missing == "" {
			return err
		}
		x.run.Outcome, x.run.Reason = "", ""
	}
	if x.flow.Hires.Polls() && x.local == "" {
		return x.poll(ctx)
	}
	return nil
}

// takeFile stores the hires of a file, and puts it away.
func (x *hiresRun) takeFile(ctx context.Context) error {
	if x.local == "" {
		if err := x.app.recoverPickups(ctx, x.flow, x.run); err != nil {
			return err
		}
	}
	if err := x.fetch(ctx); err != nil {
		return err
	}
	switch x.run.Outcome {
	case ledger.Failed:
		x.missing = x.run.Reason
		return nil
	case ledger.Nothing:
		return nil
	}
	events, err := x.readFile(ctx)
	if fileFault(err) {
		x.run.Outcome, x.run.Reason = ledger.Failed, Sentence(err)
		return x.settle(ctx, pickup.Failed)
	}
	if err == nil {
		err = x.store(ctx, events)
	}
	if err != nil {
		return errors.Join(err, x.giveBack(ctx))
	}
	return x.settle(ctx, pickup.Processed)
}

func (x *hiresRun) readFile(ctx context.Context) ([]hire.Event, error) {
	if err := x.unwrap(ctx); err != nil {
		return nil, err
	}
	in, err := os.Open(x.path)
	if err != nil {
		return nil, fmt.Errorf("open spool file: %w", err)
	}
	defer in.Close()
	at := x.run.StartedAt
	if x.taken != nil {
		at = x.taken.ModTime
	}
	file, err := generic.Reader{Source: x.flow.Hires.Source, Zone: x.flow.Zone}.File(in, x.flow.Hires.Format(), at)
	x.run.Findings = append(x.run.Findings, file.Findings...)
	return file.Events, err
}

func (x *hiresRun) store(ctx context.Context, events []hire.Event) error {
	for _, e := range events {
		if _, err := x.app.addHire(ctx, x.run.Flow, e); err != nil {
			return err
		}
	}
	return nil
}

// flatchr makes a client of the Flatchr of a flow.
func (a *App) flatchr(f config.Flow) (*flatchr.Client, error) {
	key, err := f.Hires.APIKey.Resolve()
	if err != nil {
		return nil, err
	}
	return flatchr.New(flatchr.Options{Config: f.Hires.FlatchrConfig, Key: key, Zone: f.Zone, Version: a.version, Logger: a.logger})
}

// poll asks Flatchr for hires of which no webhook came.
func (x *hiresRun) poll(ctx context.Context) error {
	client, err := x.app.flatchr(x.flow)
	if err != nil {
		return err
	}
	since, err := x.lastPoll(ctx)
	if err != nil {
		return err
	}
	types, err := client.ContractTypes(ctx)
	if err != nil {
		return err
	}
	found, err := client.Hired(ctx, flatchr.Poll{Since: since, Now: x.run.StartedAt, ContractTypes: types})
	if err != nil {
		return err
	}
	x.run.Findings = append(x.run.Findings, found.Findings...)
	return x.store(ctx, found.Events)
}

// polled is how many runs are looked through for the last one that polled.
const polled = 200

// lastPoll is since when hires are asked for: the start of the last run that asked. The
// first one asks for today's: who was hired before is in Lucca already.
func (x *hiresRun) lastPoll(ctx context.Context) (time.Time, error) {
	if x.app.ledger == nil {
		return x.run.StartedAt, nil
	}
	runs, err := x.app.ledger.Runs(ctx, ledger.Filter{Flow: x.run.Flow, Limit: polled})
	if err != nil {
		return time.Time{}, err
	}
	since := x.run.StartedAt
	for _, r := range runs {
		since = r.StartedAt
		if r.ID != x.run.ID && slices.Contains([]ledger.Outcome{ledger.Done, ledger.Nothing, ledger.Rejections, ledger.Held}, r.Outcome) {
			break
		}
	}
	return since, nil
}

// pending is a hire that waits, decoded.
type pending struct {
	ledger.Hire
	storedHire
}

// prepare judges what waits and plans who is new. With nobody to create, it concludes the
// run.
func (x *hiresRun) prepare(ctx context.Context, waiting []pending) error {
	x.run.Rows = &ledger.Rows{Read: len(waiting)}
	if len(waiting) == 0 {
		return x.nobody("no hire waits")
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
		return x.nobody("nobody is to be created")
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
	x.run.Rows.Read = len(waiting)
	all := limit.Percent(100) // hires come as they come, so that fewer are no sign of a fault
	x.limits.Shrink = &all
	return x.judge(ctx)
}

// nobody concludes a run that has no plan.
func (x *hiresRun) nobody(reason string) error {
	x.run.Outcome, x.run.Reason = ledger.Nothing, reason
	switch {
	case x.missing != "":
		x.run.Outcome, x.run.Reason = ledger.Failed, x.missing
	case finding.Count(x.run.Findings, finding.Error) > 0:
		x.run.Outcome = ledger.Rejections
	}
	return nil
}

// waitingHires are the hires that no run has dealt with, less those that tell of one that
// is known under another id.
func (x *hiresRun) waitingHires(ctx context.Context) ([]pending, error) {
	if x.app.ledger == nil {
		return nil, nil
	}
	all, err := x.app.ledger.Hires(ctx, ledger.HireFilter{Flow: x.run.Flow})
	if err != nil {
		return nil, err
	}
	slices.Reverse(all) // the oldest first
	twins := make(map[string][]pending)
	var waiting []pending
	for _, h := range all {
		if h.Data == nil && h.State != ledger.HireReceived {
			continue // purged
		}
		s, err := decodeHire(h)
		if err != nil {
			return nil, err
		}
		p := pending{h, s}
		known := slices.IndexFunc(twins[s.Event.Twin], func(o pending) bool { return s.Event.Twin != "" && o.Event.SameHire(s.Event) })
		if known >= 0 && h.State == ledger.HireReceived && !s.Forced {
			other := twins[s.Event.Twin][known]
			if err := x.mark(ctx, p.Hire, ledger.HireLinked, "the same hire as "+other.ID, other.EmployeeID); err != nil {
				return nil, err
			}
			continue
		}
		twins[s.Event.Twin] = append(twins[s.Event.Twin], p)
		if h.State == ledger.HireReceived {
			waiting = append(waiting, p)
		}
	}
	return waiting, nil
}

// judgeHires links whom Lucca has, holds whom a person must look at, and returns the rest.
func (x *hiresRun) judgeHires(ctx context.Context, waiting []pending) ([]pending, error) {
	events := make([]hire.Event, len(waiting))
	for i, p := range waiting {
		events[i] = p.Event
	}
	var fresh []pending
	for i, j := range hire.Judge(events, x.people, x.flow.Zone) {
		p := waiting[i]
		switch {
		case j.Verdict == hire.New || p.Forced && j.Verdict == hire.Held:
			fresh = append(fresh, p)
		case j.Verdict == hire.Linked:
			if err := x.mark(ctx, p.Hire, ledger.HireLinked, "in Lucca already", j.EmployeeID); err != nil {
				return nil, err
			}
		default:
			if err := x.mark(ctx, p.Hire, ledger.HireHeld, j.Reason.Message(), j.EmployeeID); err != nil {
				return nil, err
			}
			x.run.Findings = append(x.run.Findings, finding.Finding{
				Severity: finding.Error, Code: string(j.Reason),
				Message: fmt.Sprintf("hire %s: %s; then lucca-exchange hires retry %s creates it, and hires drop %s forgets it", p.ID, j.Reason.Message(), p.ID, p.ID),
			})
		}
	}
	return fresh, nil
}

// mark records what became of a hire.
func (x *changeRun) mark(ctx context.Context, h ledger.Hire, state, reason string, employee int) error {
	if x.dry {
		return nil
	}
	h.State, h.Reason, h.Run, h.Updated, h.EmployeeID, h.Data = state, reason, x.run.ID, now(), employee, nil
	x.app.logger.InfoContext(ctx, "hire.settled", "flow", h.Flow, "hire", h.ID, "run", h.Run, "state", state, "employee", employee)
	return x.app.ledger.SaveHire(ctx, h)
}

// markHires records the same about every hire of the plan.
func (x *changeRun) markHires(ctx context.Context, state, reason string) error {
	for _, id := range x.hires {
		h, err := x.app.ledger.Hire(ctx, id)
		if err != nil {
			return err
		}
		if err := x.mark(ctx, h, state, reason, h.EmployeeID); err != nil {
			return err
		}
	}
	return nil
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
	for i := range x.plan.Items {
		item := &x.plan.Items[i]
		h, err := x.app.ledger.Hire(ctx, x.hires[item.Row])
		if err != nil {
			return err
		}
		o := outcomes[i]
		switch {
		case o.Step == apply.Applied:
			err = x.mark(ctx, h, ledger.HireApplied, o.Message, o.EmployeeID)
		case item.Action == plan.Reject || o.Step == apply.Refused || o.Step == apply.Skipped:
			err = x.mark(ctx, h, ledger.HireRefused, strings.Join(reasons[item.Row], "; "), 0)
		case item.Action == plan.Unchanged:
			err = x.mark(ctx, h, ledger.HireLinked, "in Lucca already", item.EmployeeID)
		}
		if err != nil {
			return err
		}
	}
	return nil
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
	current, err := x.readPeople(ctx)
	if err != nil {
		return err
	}
	if err := x.apply(ctx, current); err != nil {
		return err
	}
	x.finishHires()
	return nil
}

// sent reports whether something may have reached Lucca.
func (x *hiresRun) sent() bool { return x.applied != nil }

// release applies the plan of a held run that a person approved.
func (x *hiresRun) release(ctx context.Context) error {
	defer x.count()
	defer x.nameHires()
	if err := x.approvable(ctx); err != nil {
		return err
	}
	if err := x.connect(); err != nil {
		return err
	}
	if err := x.load(ctx, x.run.ID); err != nil {
		return err
	}
	current, err := x.readPeople(ctx)
	if err != nil {
		return err
	}
	x.run.Reason = ""
	if err := x.apply(ctx, current); err != nil {
		return err
	}
	x.finishHires()
	return nil
}

// rehearse plans what waits, and the hires of a local file, without storing anything.
func (x *hiresRun) rehearse(ctx context.Context) error {
	defer x.count()
	defer x.nameHires()
	if err := x.connect(); err != nil {
		return err
	}
	x.dry = true
	waiting, err := x.waitingHires(ctx)
	if err != nil {
		return err
	}
	if x.local != "" || x.flow.From != "" {
		if err := x.peek(ctx); err != nil {
			return err
		}
		x.run.Outcome, x.run.Reason = "", ""
	}
	if x.run.File != nil {
		events, err := x.readFile(ctx)
		if err != nil {
			return err
		}
		for i, e := range events {
			e.Row = 0
			waiting = append(waiting, pending{ledger.Hire{ID: fmt.Sprintf("%d of the file", i+1)}, storedHire{Event: e}})
		}
	}
	if err := x.prepare(ctx, waiting); err != nil || x.run.Outcome != "" {
		return err
	}
	x.conclude()
	return nil
}
