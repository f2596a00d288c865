package flow

import (
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// Request is how somebody asks for a run of a flow.
type Request struct {
	// DryRun sends nothing and records nothing.
	DryRun bool
	// Only restricts what is shown to one employee, by login, e-mail or number. Nothing is
	// then sent or changed: a file with one person in it would make the partner deactivate
	// everybody else.
	Only string
	// Diff compares the file of a dry run with the one that was delivered last.
	Diff bool
	// File is a local file for an import or a hires flow, in the place of one that is
	// picked up.
	File string
	// By is who began it, for the audit; without an act nobody did, as in a test or the demo.
	By audit.Entry
	// Date is the day that an export is about, written 2026-11-22; empty for today.
	Date string
}

// Rehearses reports whether nothing is to be sent, changed or recorded.
func (q Request) Rehearses() bool { return q.DryRun || q.Only != "" }

// Record is the beginning of the run that is asked for, now and in the zone of the flow. An error
// is a run.ErrUsage.
func (q Request) Record(name string, kind run.Kind, zone *time.Location) (state.Record, error) {
	if q.File != "" && kind == run.Export {
		return state.Record{}, fault.Of(run.ErrUsage, "--file is for flows that read a file: %s is an export", name)
	}
	started := Now()
	slot := started.In(zone).Truncate(time.Second)
	if q.Date != "" {
		var err error
		if slot, err = q.slot(name, kind, slot); err != nil {
			return state.Record{}, err
		}
	}
	return state.Record{Run: run.Run{ID: run.NewID(started), Flow: name, Kind: kind, Slot: slot, StartedAt: started}}, nil
}

// slot is the same time of another day.
func (q Request) slot(name string, kind run.Kind, at time.Time) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, q.Date)
	switch {
	case err != nil:
		return at, fault.Of(run.ErrUsage, "--date: want a day such as %s, not %q", at.Format(time.DateOnly), q.Date)
	case kind != run.Export:
		return at, fault.Of(run.ErrUsage, "--date is for exports, which are about a day: %s plans against Lucca as it is now", name)
	}
	slot := time.Date(day.Year(), day.Month(), day.Day(), at.Hour(), at.Minute(), at.Second(), 0, at.Location())
	if slot.After(at) && !q.Rehearses() {
		return at, fault.Of(run.ErrUsage, "--date %s is to come: add --dry-run to see what the file would be", q.Date)
	}
	return slot, nil
}

// begunBy is the line of the audit about who began a run, if anybody did.
func (q Request) begunBy(record state.Record) []audit.Entry {
	by := q.By
	if by.Act == "" {
		return nil
	}
	by.Flow, by.Run = record.Flow, record.ID
	return []audit.Entry{by}
}
