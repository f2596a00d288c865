package inspect

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// Queue is how the queue stands with a flow.
type Queue struct {
	// Overdue is a slot that is due and that no daemon has taken up; zero for none.
	Overdue time.Time
	// Missed counts the slots of the last days that never ran.
	Missed int
	// Running is the run at work, Waiting those in the queue, the next one first.
	Running string
	Waiting []string
	// Paused is nil unless the flow is.
	Paused *Paused
	// Untold are those who could not be told of the flow.
	Untold []Untold
}

// Untold is somebody under notify who could not be told of a flow.
type Untold struct {
	// Target is where it stands in the configuration, such as notify[0].email.
	Target string    `json:"target"`
	Since  time.Time `json:"since"`
	// Failures counts the attempts since then.
	Failures int    `json:"failures"`
	Reason   string `json:"reason"`
}

// String says who was not told, since when, and why.
func (u Untold) String() string {
	return fmt.Sprintf("nobody was told by %s since %s: %s", u.Target, u.Since.Format("2006-01-02 15:04"), u.Reason)
}

// Paused is since and until when nothing of a flow runs by itself.
type Paused struct {
	Since time.Time `json:"since"`
	// Until is zero where somebody has to resume the flow.
	Until time.Time `json:"until,omitzero"`
	// By is an account, Reason its own words.
	By     string `json:"by"`
	Reason string `json:"reason,omitempty"`
}

// MissedFor is how far back missed slots are worth a note.
const MissedFor = 7 * 24 * time.Hour

// FlowState is how a flow stands.
type FlowState struct {
	Name string   `json:"flow"`
	Kind run.Kind `json:"kind"`
	// Outcome is that of the last run that ended; empty before the first.
	Outcome run.Outcome `json:"outcome,omitempty"`
	Run     string      `json:"run,omitempty"`
	// LastRun is when it ended.
	LastRun time.Time `json:"finished_at,omitzero"`
	// Reason and Rows are those of that run.
	Reason string   `json:"reason,omitempty"`
	Rows   run.Rows `json:"rows,omitzero"`
	// Next is the next slot that has a run, in the flow's zone; none without a schedule, or while
	// the flow is paused until somebody resumes it.
	Next   time.Time `json:"next,omitzero"`
	Paused *Paused   `json:"paused,omitempty"`
	// Overdue is a slot that no daemon has taken up, Missed counts those of the last days that
	// never ran.
	Overdue time.Time `json:"overdue,omitzero"`
	Missed  int       `json:"missed,omitempty"`
	// Held counts the runs that wait for a person: ToApprove, the newest first, and those that can
	// no longer be approved.
	Held      int         `json:"held,omitempty"`
	ToApprove []HeldRun   `json:"to_approve,omitempty"`
	Overtaken []Overtaken `json:"overtaken,omitempty"`
	Running   string      `json:"running,omitempty"`
	// Waiting are the runs in the queue, the next one first.
	Waiting []string `json:"waiting,omitempty"`
	// Stuck are the files that a run took which is over and did not put them away.
	Stuck []StuckFile `json:"stuck,omitempty"`
	// Untold are those under notify who could not be told.
	Untold []Untold `json:"untold,omitempty"`
	// Warnings counts those of the last run that somebody has to see, by code.
	Warnings map[string]int `json:"warnings,omitempty"`
	// Note says in words what is to be looked at.
	Note string `json:"note,omitempty"`
}

// Daemons counts the processes that serve an instance, on whatever machine.
func Daemons(ctx context.Context, i Inspector) (int, error) {
	if i.Store == nil {
		return 0, nil
	}
	return i.Store.Daemons(ctx)
}

// Flows lists the flows by name, as they stand at an instant.
func (i Inspector) Flows(ctx context.Context, at time.Time) ([]FlowState, error) {
	var queue map[string]Queue
	var ends map[string]map[run.Outcome]state.End
	if i.Store != nil {
		var err error
		if queue, err = i.Queue(ctx); err != nil {
			return nil, err
		}
		if ends, err = i.Store.Ends(ctx); err != nil {
			return nil, err
		}
	}
	var list []FlowState
	for _, name := range slices.Sorted(maps.Keys(i.Config.Flows)) {
		f, q := i.Config.Flows[name], queue[name]
		s := FlowState{
			Name: name, Kind: f.Kind(), Held: ends[name][run.Held].Count,
			Overdue: q.Overdue, Missed: q.Missed, Running: q.Running, Waiting: q.Waiting, Paused: q.Paused, Untold: q.Untold,
		}
		if from, ends := s.resumes(at); f.Slots != nil && ends {
			s.Next = f.Slots.Next(from.In(f.Zone)).In(f.Zone)
		}
		if i.Store != nil {
			if err := i.history(ctx, f, &s); err != nil {
				return nil, err
			}
		}
		s.Note = s.note()
		list = append(list, s)
	}
	return list, nil
}

// resumes is from when on the flow runs by itself, if it does before a person sees to it.
func (s *FlowState) resumes(at time.Time) (from time.Time, ends bool) {
	switch {
	case s.Paused == nil:
		return at, true
	case s.Paused.Until.IsZero():
		return at, false
	}
	return s.Paused.Until.Add(-time.Nanosecond), true
}

// history fills in what the store knows: how the flow last went, what is at work, and what waits
// for a person.
func (i Inspector) history(ctx context.Context, f config.Flow, s *FlowState) error {
	runs, err := i.Store.Runs(ctx, state.Filter{Flow: s.Name, Limit: 2})
	if err != nil {
		return err
	}
	for _, r := range runs {
		if r.Outcome == "" {
			// One that a stop put back waits for the next start: nobody works on it.
			if !slices.Contains(s.Waiting, r.ID) {
				s.Running = r.ID
			}
			continue
		}
		s.Outcome, s.Run, s.LastRun = r.Outcome, r.ID, r.FinishedAt.In(f.Zone)
		whole, err := i.Store.Run(ctx, r.ID)
		if err != nil {
			return err
		}
		s.Warnings, s.Reason = finding.ToLookAt(whole.Findings, whole.Omitted), r.Reason
		if r.Rows != nil {
			s.Rows = *r.Rows
		}
		break
	}
	if s.Held > 0 {
		if s.ToApprove, s.Overtaken, err = i.held(ctx, s.Name, f); err != nil {
			return err
		}
	}
	if f.From != "" {
		s.Stuck, err = i.stuck(ctx, s.Name, s.Running)
	}
	return err
}

// note says what a person should know of the flow.
func (s *FlowState) note() string {
	var notes []string
	say := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	if s.Paused != nil {
		say("%s", s.Paused)
	}
	if !s.Overdue.IsZero() {
		say("overdue since %s: is serve up?", s.Overdue.Format("2006-01-02 15:04"))
	}
	if s.Missed > 0 {
		say("slots missed in the last 7 days: %d", s.Missed)
	}
	switch n := len(s.ToApprove); {
	case n == 1 && s.ToApprove[0].Run == s.Run:
		say("run %s waits for approval", s.Run)
	case n > 0:
		say("runs that wait for approval: %d", n)
	}
	for _, o := range s.Overtaken {
		say("run %s is held, and run %s was done with a newer file: %s", o.Run, o.By, o.ToDo)
	}
	for _, f := range s.Stuck {
		say("%q is still where run %s took it to: the next run of the flow sees to it", f.Name, f.Run)
	}
	for _, u := range s.Untold {
		say("%s", u)
	}
	if len(s.Warnings) > 0 {
		var parts []string
		for _, code := range slices.Sorted(maps.Keys(s.Warnings)) {
			parts = append(parts, fmt.Sprintf("%s ×%d", code, s.Warnings[code]))
		}
		say("warnings of run %s to look at: %s", s.Run, strings.Join(parts, ", "))
	}
	if s.Running != "" {
		say("run %s is at work", s.Running)
	}
	if len(s.Waiting) > 0 {
		say("run %s waits for its turn", s.Waiting[0])
	}
	return strings.Join(notes, "; ")
}

// String says that a flow is paused, until when, by whom and why.
func (p *Paused) String() string {
	text := "paused"
	if !p.Until.IsZero() {
		text += " until " + p.Until.Format("2006-01-02 15:04")
	}
	if p.By != "" {
		text += " by " + p.By
	}
	if p.Reason != "" {
		text += " (" + p.Reason + ")"
	}
	return text
}

// HeldRun is a run that waits for a person.
type HeldRun struct {
	Run    string    `json:"run"`
	Since  time.Time `json:"since"`
	Reason string    `json:"reason,omitempty"`
}

// Overtaken is a held run that can no longer be approved, since one of a newer file of its flow
// was applied, or delivered.
type Overtaken struct {
	Run string `json:"run"`
	// By is the run of the newer file.
	By string `json:"by"`
	// ToDo is what to do about it.
	ToDo string `json:"to_do"`
	// Left is what is left to do, or to know, once it was rejected by itself.
	Left string `json:"-"`
}

// held lists the held runs of a flow, the newest first: those to approve, and those that can no
// longer be.
func (i Inspector) held(ctx context.Context, name string, f config.Flow) (waiting []HeldRun, overtaken []Overtaken, err error) {
	by, err := i.lastSent(ctx, name, f.Kind())
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return nil, nil, err
	}
	runs, err := i.Store.Runs(ctx, state.Filter{Flow: name, Outcome: run.Held})
	if err != nil {
		return nil, nil, err
	}
	for _, r := range runs {
		if r.Sequence < by.Sequence {
			overtaken = append(overtaken, overtakenRun(r.Run, by.ID, f))
			continue
		}
		waiting = append(waiting, HeldRun{Run: r.ID, Since: r.FinishedAt, Reason: r.Reason})
	}
	return waiting, overtaken, nil
}

// Overtaken lists the held runs of a flow that can no longer be approved.
func (i Inspector) Overtaken(ctx context.Context, flow string) ([]Overtaken, error) {
	f, ok := i.Config.Flows[flow]
	if !ok {
		return nil, nil
	}
	_, list, err := i.held(ctx, flow, f)
	return list, err
}

// lastSent is the run after which none that began before it can be approved, or ErrNotFound.
func (i Inspector) lastSent(ctx context.Context, flow string, kind run.Kind) (state.Record, error) {
	switch kind {
	case run.Import:
		return i.Store.LastApplied(ctx, flow)
	case run.Export:
		last, err := i.Store.LastDelivery(ctx, flow)
		if err != nil {
			return state.Record{}, err
		}
		return i.Store.Run(ctx, last.Run)
	default:
		return state.Record{}, state.ErrNotFound // hires are held one by one
	}
}

// StuckFile is a file that a run took, and did not put away before it was over.
type StuckFile struct {
	Name string `json:"name"`
	// Place is where it is on its remote; empty in its own folder.
	Place string    `json:"place,omitempty"`
	Run   string    `json:"run"`
	Since time.Time `json:"since"`
}

// stuck lists the files of a flow that no run has any more.
func (i Inspector) stuck(ctx context.Context, flow, running string) ([]StuckFile, error) {
	taken, err := i.Store.Unfinished(ctx, flow)
	if err != nil {
		return nil, err
	}
	var list []StuckFile
	for _, p := range taken {
		r, err := i.Store.Run(ctx, p.Run)
		if err != nil && !errors.Is(err, state.ErrNotFound) {
			return nil, err
		}
		if p.Run == running || r.Outcome == "" && err == nil || r.Outcome == run.Held {
			continue
		}
		list = append(list, StuckFile{Name: p.Name, Place: p.Place, Run: p.Run, Since: p.At})
	}
	return list, nil
}
