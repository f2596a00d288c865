// Package export is the flow from Lucca to a partner: the roster is read, the partner's file
// rendered into the spool and judged, and then delivered or held.
package export

import (
	"context"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/step"
	"lucca-exchange/internal/wrap"
)

// Lucca is what an export asks of it.
type Lucca interface {
	Snapshot(ctx context.Context, q roster.Query) (roster.Snapshot, error)
	Status(ctx context.Context, ids []int) (map[int]roster.Date, error)
	Requests() int
}

// Store is what is remembered of exports.
type Store interface {
	flow.Lookup
	flow.Restores
	Deliveries
}

// Deliveries keeps what was sent, and what was in it.
type Deliveries interface {
	flow.Deliveries
	LastDelivery(ctx context.Context, flow string) (delivery.Record, error)
	DeliveriesOf(ctx context.Context, run string) ([]delivery.Record, error)
	DeliveredAs(ctx context.Context, flow, name string) (delivery.Record, error)
	Snapshot(ctx context.Context, run string) ([]byte, error)
	SaveSnapshot(ctx context.Context, run string, data []byte, people iter.Seq[state.Known]) error
	Cells(ctx context.Context, run string) ([]byte, error)
	SaveCells(ctx context.Context, run string, data []byte) error
}

// StoreOf is the part of the state that exports need; nil for none.
func StoreOf(s *state.Store) Store {
	if s == nil {
		return nil
	}
	return struct {
		flow.Lookup
		flow.Restores
		Deliveries
	}{s.History(), s.Upkeep(), s.Deliveries()}
}

// Deps is who does the world's work.
type Deps struct {
	// Lucca opens a client of the flow's tenant.
	Lucca func() (Lucca, error)
	// Store is nil in a dry run before the first run.
	Store  Store
	Outbox flow.Outbox
	Room   *spool.Room
	// Language is that of the report; empty for English.
	Language message.Language
}

// Input is one run of a flow, and what the flow is configured to do.
type Input struct {
	Run state.Record
	// Resumed: a process that died had begun the run.
	Resumed bool
	// Only is the one employee whom a dry run is about; empty for all.
	Only string
	// Folder is the run's in the spool, whose own folder is Spool.
	Folder, Spool string
	// Diff compares the file of a dry run with the one that was delivered last.
	Diff bool

	Binding    *profile.Binding
	Population export.Population
	Limits     export.Limits
	Roster     roster.Settings
	// Split cuts the file into several.
	Split export.Split
	// Descriptor sends a descriptor beside each file, before it.
	Descriptor bool
	// Name is that of the plain file, with export.InName for the word of each part, Named matches the names of all files that the flow sends.
	Name  string
	Named *regexp.Regexp
	Wrap  wrap.Config
	// To is the name of the remote.
	To string
	// Settings are what a held run is approved for.
	Settings flow.Settings
}

// Run does the whole of an export that sends.
func Run(ctx context.Context, d Deps, in Input) (flow.Result, error) {
	earlier, err := d.Outbox.Settle(ctx, in.Run.Flow)
	r := flow.From(in.Run)
	if r.Earlier = earlier; err != nil {
		return r, err
	}
	if in.Resumed {
		if r, begun, err := resume(ctx, d, in, r); begun {
			return r, err
		}
		// The same slot renders the same bytes.
		if err := spool.Remove(in.Folder); err != nil {
			return r, err
		}
	}
	if err := flow.MakeFolder(d.Room, in.Folder); err != nil {
		return r, err
	}
	m, err := prepare(ctx, d, in, r)
	if err != nil {
		return m.Result, err
	}
	if err := remember(ctx, d, in, m); err != nil || m.Outcome == run.Held {
		return m.Result, err
	}
	return send(ctx, d, in, m.Result)
}

// rendered is a file that was rendered and judged.
type rendered struct {
	flow.Result
	snapshot export.Snapshot
	cells    *export.Cells
	// last is the file that the partner has.
	last previous
}

// Rehearse renders and judges the file without sending or recording anything. The file is gone
// when the dry run ends. Of one employee it says what would become of them.
func Rehearse(ctx context.Context, d Deps, in Input) (flow.Result, error) {
	m, err := prepare(ctx, d, in, flow.From(in.Run))
	if err != nil {
		return m.Result, err
	}
	if m.Outcome == "" {
		m.Result.Result = conclude(m.Result.Result)
	}
	if in.Diff {
		if m.Difference, err = difference(ctx, d, in, m); err != nil {
			return m.Result, err
		}
	}
	if in.Only == "" {
		return m.Result, nil
	}
	about := in.Run.Run
	about.Result = m.Result.Result
	found, err := explain.Export(about, m.snapshot, ReadBack(m.Path, m.snapshot.Dialect), in.Only)
	if err != nil {
		return m.Result, err
	}
	return narrow(m.Result, found), nil
}

// prepare reads Lucca, renders the file, judges it and wraps it. A file over its limits makes
// the outcome held.
func prepare(ctx context.Context, d Deps, in Input, r flow.Result) (m rendered, err error) {
	m.Result = r
	client, err := d.Lucca()
	if err != nil {
		return m, err
	}
	defer func() { m.Requests = &run.Requests{Lucca: client.Requests()} }()
	people, err := read(ctx, client, in)
	if err != nil {
		return m, err
	}
	m.Path = filepath.Join(in.Folder, in.named(wholeWord))
	if m.last, err = lastDelivered(ctx, d, in.Run.Flow); err != nil {
		return m, err
	}
	m.cells = export.NewCells(in.Binding, m.last.cells)
	_, end := step.Begin(ctx, step.Render)
	file, err := render(d.Room, &m, people, in)
	end()
	if err == nil && in.Split != "" && m.last.snapshot != nil {
		err = file.Emptied(*m.last.snapshot, in.Binding.Dialect)
	}
	var v verdict
	if err == nil {
		v, err = judge(ctx, client, in, made{file: file, snapshot: m.snapshot, cells: m.cells}, m.last)
	}
	m.Log.Add(v.Findings...) // what may hold the run comes first
	if file != nil {
		m.Log.Add(file.Findings...)
		m.Log.AddRest(file.Rest...)
	}
	if err != nil {
		return m, err
	}
	m.snapshot.People = append(m.snapshot.People, v.Gone...)
	m.People = v.People
	m.Limits = limit.Stated(v.Limits)
	if reason := limit.Held(v.Limits); reason != "" {
		m.Outcome, m.Reason = run.Held, reason
	}
	sends := m.File
	if in.Split != "" {
		err = writeParts(ctx, d, in, &m, file)
	} else {
		sends, err = wrapped(ctx, d.Room, in, plain{m.File, m.Path, file.Sent})
	}
	if err != nil {
		return m, err // with the plain file, which people may look at
	}
	m.File = sends
	if in.Split != "" || in.Descriptor {
		m.snapshot.Sends = m.File
		m.last.before(&m.snapshot)
	}
	return m, nil
}

func read(ctx context.Context, client Lucca, in Input) (*roster.Roster, error) {
	ctx, end := step.Begin(ctx, step.Lucca)
	defer end()
	q := export.Query(in.Binding, in.Population)
	if in.Split != "" {
		q.Establishments = true // whose codes name the files
	}
	if in.Roster.Day.Before(roster.DateOf(time.Now().In(in.Run.Slot.Location()))) {
		q.Former = true // a slot is caught up on: whoever was there that day, and has left since, is in its file
	}
	s, err := client.Snapshot(ctx, q)
	if err != nil {
		return nil, err
	}
	return roster.New(s, in.Roster)
}

// render writes the spool file, whole and on disk, before anything is sent. The file may say
// something beside an error, too.
func render(room *spool.Room, m *rendered, people *roster.Roster, in Input) (file *export.File, err error) {
	written, err := room.Write(m.Path, func(w io.Writer) (err error) {
		file, err = export.Source{Roster: people, Binding: in.Binding, Population: in.Population, Split: in.Split, Cells: m.cells}.Render(w)
		return err
	})
	if file != nil {
		m.Rows = &run.Rows{Read: file.Read, Sent: file.Sent, Rejected: file.Rejected}
	}
	if err != nil {
		return file, err
	}
	m.snapshot, m.File = file.Snapshot(in.Binding, people.Day()), flow.FileOf(written)
	if !in.Binding.Dialect.Header {
		m.Preview = [][]string{file.Header}
	}
	for row, err := range readRows(m.Path, in.Binding.Dialect) {
		if err != nil {
			return file, err
		}
		if m.Preview = append(m.Preview, slices.Clone(row)); len(m.Preview) > previewRows {
			break
		}
	}
	return file, nil
}

// previewRows is how many rows a person is shown, below the header.
const previewRows = 3

// remember stores what is needed to explain the run, and to compare the next one with it,
// before anything is sent: a file that was sent and forgotten could not be compared.
func remember(ctx context.Context, d Deps, in Input, m rendered) error {
	m.snapshot.Settings = in.Settings
	if err := keep(ctx, d, in.Run.ID, m.snapshot, m.cells); err != nil {
		return err
	}
	return flow.WriteReport(d.Room, d.Language, m.Path+".report.csv", &m.Log)
}

// keep stores what is known of the file of a run: the cells where they are.
func keep(ctx context.Context, d Deps, id string, s export.Snapshot, cells *export.Cells) error {
	b, err := s.Encode()
	if err == nil {
		err = d.Store.SaveSnapshot(ctx, id, b, flow.Known(explain.InFile(s)))
	}
	if err != nil || cells == nil {
		return err
	}
	if b, err = cells.Encode(); err == nil {
		err = d.Store.SaveCells(ctx, id, b)
	}
	return err
}

// send delivers what was not delivered yet, and concludes the run. Of several files the run is
// not sent before the last is with the partner: one that was held can be approved again.
func send(ctx context.Context, d Deps, in Input, r flow.Result) (flow.Result, error) {
	list, err := missing(ctx, d, in, parcels(in.Folder, r.File))
	if err == nil {
		err = note(ctx, d, in, list)
	}
	if err != nil {
		return r, err
	}
	for n, p := range list {
		receipt, notes, err := d.Outbox.Send(ctx, flow.Parcel{
			Run: in.Run.ID, Flow: in.Run.Flow, To: in.To,
			Name: p.file.Name, Path: p.path, Bytes: p.file.Bytes, SHA256: p.file.SHA256,
		})
		if err != nil {
			if n > 0 {
				err = fmt.Errorf("%d of %d files were sent, and then not: %w", n, len(list), err)
			}
			return r, err
		}
		r.Receipt = &receipt
		r.Log.Add(notes...)
	}
	r.Sent = true
	r.Result = conclude(r.Result)
	return r, nil
}

// conclude gives a run its outcome whose file is with the partner.
func conclude(r run.Result) run.Result {
	r.Outcome, r.Reason = run.Done, ""
	if r.Rows != nil && r.Rows.Rejected > 0 {
		r.Outcome, r.Reason = run.Rejections, flow.RejectedRows(r.Rows.Rejected)
	}
	return r
}

// SnapshotOf returns what is kept of the file that a run rendered.
func SnapshotOf(ctx context.Context, s interface {
	Snapshot(ctx context.Context, run string) ([]byte, error)
}, run string,
) (export.Snapshot, error) {
	b, err := s.Snapshot(ctx, run)
	if err != nil {
		return export.Snapshot{}, err
	}
	return export.DecodeSnapshot(b)
}
