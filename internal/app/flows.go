package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"lucca-exchange/internal/engine"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// FlowState is how a flow stands.
type FlowState struct {
	Name string `json:"flow"`
	Kind string `json:"kind"`
	// Outcome is that of the last run that ended; empty before the first.
	Outcome string    `json:"outcome,omitempty"`
	Run     string    `json:"run,omitempty"`
	LastRun time.Time `json:"last_run,omitzero"`
	// Next is the next slot, in the flow's zone; none without a schedule.
	Next time.Time `json:"next,omitzero"`
	// Overdue is a slot that no daemon has taken up, Missed counts those of the last days that
	// never ran.
	Overdue time.Time `json:"overdue,omitzero"`
	Missed  int       `json:"missed,omitempty"`
	// Held counts the runs that wait for a person.
	Held    int    `json:"held,omitempty"`
	Running string `json:"running,omitempty"`
	// Waiting are the runs in the queue, the next one first.
	Waiting []string `json:"waiting,omitempty"`
	// Warnings counts those of the last run that somebody has to see, by code.
	Warnings map[string]int `json:"warnings,omitempty"`
	// Note says in words what is to be looked at.
	Note string `json:"note,omitempty"`
}

// missedFor is how far back missed slots are worth a note.
const missedFor = 7 * 24 * time.Hour

// Flows lists the flows by name.
func (a *App) Flows(ctx context.Context) (list []FlowState, err error) {
	queue, missed, err := a.queueState(ctx)
	if err != nil {
		return nil, err
	}
	var ends map[string]map[run.Outcome]state.End
	if a.store != nil {
		if ends, err = a.store.Ends(ctx); err != nil {
			return nil, err
		}
	}
	at := now()
	for _, name := range slices.Sorted(maps.Keys(a.config.Flows)) {
		f := a.config.Flows[name]
		s := FlowState{Name: name, Kind: string(kind(f)), Missed: missed[name], Held: ends[name][run.Held].Count}
		if f.Slots != nil {
			s.Next = f.Slots.Next(at.In(f.Zone)).In(f.Zone)
		}
		q := queue[name]
		s.Overdue, s.Running, s.Waiting = q.Overdue, q.Running, q.Waiting
		if err := a.lastRun(ctx, &s); err != nil {
			return nil, err
		}
		s.Note = s.note()
		list = append(list, s)
	}
	return list, nil
}

// lastRun fills in how the flow last went, and what is at work.
func (a *App) lastRun(ctx context.Context, s *FlowState) error {
	if a.store == nil {
		return nil
	}
	runs, err := a.store.Runs(ctx, state.Filter{Flow: s.Name, Limit: 2})
	if err != nil {
		return err
	}
	for _, r := range runs {
		if r.Outcome == "" {
			s.Running = r.ID
			continue
		}
		s.Outcome, s.Run, s.LastRun = string(r.Outcome), r.ID, r.FinishedAt.In(a.config.Flows[s.Name].Zone)
		whole, err := a.store.Run(ctx, r.ID)
		if err != nil {
			return err
		}
		s.Warnings = toLookAt(whole)
		return nil
	}
	return nil
}

// note says what a person should know of the flow.
func (s *FlowState) note() string {
	var notes []string
	if !s.Overdue.IsZero() {
		notes = append(notes, "overdue since "+s.Overdue.Format("2006-01-02 15:04")+": is serve up?")
	}
	if s.Missed > 0 {
		notes = append(notes, fmt.Sprintf("slots missed in the last 7 days: %d", s.Missed))
	}
	switch {
	case s.Outcome == string(run.Held) && s.Held == 1:
		notes = append(notes, "run "+s.Run+" waits for approval")
	case s.Held > 0:
		notes = append(notes, fmt.Sprintf("runs that wait for approval: %d", s.Held))
	}
	if len(s.Warnings) > 0 {
		var parts []string
		for _, code := range slices.Sorted(maps.Keys(s.Warnings)) {
			parts = append(parts, fmt.Sprintf("%s ×%d", code, s.Warnings[code]))
		}
		notes = append(notes, "warnings of run "+s.Run+" to look at: "+strings.Join(parts, ", "))
	}
	if s.Running != "" {
		notes = append(notes, "run "+s.Running+" is at work")
	}
	if len(s.Waiting) > 0 {
		notes = append(notes, "run "+s.Waiting[0]+" waits for its turn")
	}
	return strings.Join(notes, "; ")
}

// queueState asks the queue; where no daemon has ever run there is none.
func (a *App) queueState(ctx context.Context) (states map[string]engine.FlowState, missed map[string]int, err error) {
	if a.store == nil {
		return nil, nil, nil
	}
	e, err := engine.Open(ctx, engine.Options{State: a.config.State, Flows: engineFlows(a.config), Logger: a.logger})
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if states, err = e.State(ctx); err != nil {
		return nil, nil, err
	}
	missed = make(map[string]int)
	for name := range states {
		slots, err := e.Missed(ctx, name, now().Add(-missedFor))
		if err != nil {
			return nil, nil, err
		}
		missed[name] = len(slots)
	}
	return states, missed, nil
}
