package export

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/state"
)

// partsFolder holds the parts of a file that is sent as several, each in a folder of its own, as
// the whole one has it.
const partsFolder = "parts"

// wholeWord stands in the name of the whole file where that of an establishment does in its parts.
const wholeWord = "all"

// named is a file's name with the word of an establishment.
func (in Input) named(word string) string { return strings.ReplaceAll(in.Name, export.InName, word) }

// writeParts writes the parts of a file into the spool, in the shape in which they are sent.
func writeParts(ctx context.Context, d Deps, in Input, m *rendered, file *export.File) error {
	for _, p := range file.InOrder() {
		part := in
		part.Folder = partFolder(in.Folder, p.Place)
		path := filepath.Join(part.Folder, in.named(p.Word))
		written, err := d.Room.Write(path, func(w io.Writer) error {
			_, err := w.Write(p.Content())
			return err
		})
		if err != nil {
			return err
		}
		f, err := wrapped(ctx, d.Room, part, plain{flow.FileOf(written), path, p.Rows})
		if err != nil {
			return err
		}
		p.File = f.Name
		m.File.Parts = append(m.File.Parts, run.Part{File: *f, Establishment: p.Name, EstablishmentID: p.Place, Rows: p.Rows})
		m.snapshot.Parts = append(m.snapshot.Parts, p.Part)
	}
	return nil
}

func partFolder(folder string, place int) string {
	return filepath.Join(folder, partsFolder, strconv.Itoa(place))
}

// parcel is one file that a run sends, and where it is.
type parcel struct {
	file run.File
	path string
}

// parcels are what a run sends, in the order in which it does: a descriptor before its file, so
// that whoever finds the file has it.
func parcels(folder string, f *run.File) (list []parcel) {
	if len(f.Parts) == 0 {
		if f.Descriptor != nil {
			list = append(list, parcel{*f.Descriptor, sentFile(folder, f.Descriptor)})
		}
		return append(list, parcel{*f, sentFile(folder, f)})
	}
	for _, p := range f.Parts {
		list = append(list, parcels(partFolder(folder, p.EstablishmentID), &p.File)...)
	}
	return list
}

// spooled are the files of the spool that belong to what a run sends: as it is sent, and plain.
func spooled(folder string, f *run.File) []parcel {
	list := []parcel{{*f, sentFile(folder, f)}}
	if f.Plain != nil {
		list = append(list, parcel{*f.Plain, PlainFile(folder, f)})
	}
	if f.Descriptor != nil {
		list = append(list, spooled(folder, f.Descriptor)...)
	}
	for _, p := range f.Parts {
		list = append(list, spooled(partFolder(folder, p.EstablishmentID), &p.File)...)
	}
	return list
}

// inSpool returns flow.ErrFileGone unless all of these lie in the spool as they were made.
func inSpool(list []parcel) error {
	for _, p := range list {
		f, err := spool.Sum(p.path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && f.SHA256 != p.file.SHA256 {
			return flow.ErrFileGone
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// resume goes on with a run that was sending when its process died. Nothing of it was sent where
// begun is false.
func resume(ctx context.Context, d Deps, in Input, r flow.Result) (_ flow.Result, begun bool, err error) {
	last, err := d.Store.LastDelivery(ctx, in.Run.Flow)
	if errors.Is(err, state.ErrNotFound) || err == nil && last.Run != in.Run.ID {
		return r, false, nil
	}
	if err != nil {
		return r, true, err
	}
	r.File = &run.File{Name: last.Name, Bytes: last.Bytes, SHA256: last.SHA256}
	kept, err := SnapshotOf(ctx, d.Store, in.Run.ID)
	if err == nil && kept.Sends != nil {
		r, err = sendRest(ctx, d, in, kept.Sends, r)
	}
	if err != nil {
		return r, true, err
	}
	r, err = concluded(ctx, d, r, in.Run.ID)
	return r, true, err
}

// sendRest sends what was not delivered yet of several files.
func sendRest(ctx context.Context, d Deps, in Input, f *run.File, r flow.Result) (flow.Result, error) {
	r.File, r.Path = f, PlainFile(in.Folder, f)
	list := parcels(in.Folder, f)
	rest, err := missing(ctx, d, in, list)
	if err != nil {
		return r, err
	}
	if err := inSpool(rest); err != nil {
		if errors.Is(err, flow.ErrFileGone) {
			err = fault.Of(flow.ErrFileGone, "%d of the %d files of the run were sent before its process died, and the others are not in the spool: run the flow again, which sends all", len(list)-len(rest), len(list))
		}
		return r, err
	}
	return send(ctx, d, in, r)
}

// missing are the files of a run that were not delivered yet.
func missing(ctx context.Context, d Deps, in Input, list []parcel) ([]parcel, error) {
	there, err := arrived(ctx, d, in.Run.ID)
	return slices.DeleteFunc(slices.Clone(list), func(p parcel) bool { return there[p.file.Name] }), err
}

// arrived are the names of the files of a run that were delivered.
func arrived(ctx context.Context, d Deps, id string) (map[string]bool, error) {
	list, err := d.Store.DeliveriesOf(ctx, id)
	there := make(map[string]bool)
	for _, r := range list {
		if r.Step == delivery.StepDelivered {
			there[r.Name] = true
		}
	}
	return there, err
}

// note puts several files on record before the first is sent: a run of which some were is not done.
func note(ctx context.Context, d Deps, in Input, list []parcel) error {
	if len(list) == 1 {
		return nil
	}
	for _, p := range list {
		if err := d.Store.DeliveryJournal().Save(ctx, delivery.Record{
			Run: in.Run.ID, Flow: in.Run.Flow, Remote: in.To, Name: p.file.Name, Temp: p.file.Name, Step: delivery.StepFailed,
			Bytes: p.file.Bytes, SHA256: p.file.SHA256, At: flow.Now(),
		}); err != nil {
			return err
		}
	}
	return nil
}

// atPartner is what is remembered of the file that the partner has of a run. Where not all of its
// parts were delivered, the partner has earlier ones of the others; where the descriptor was, and
// the file not, that of an earlier run.
func atPartner(ctx context.Context, d Deps, id string) (last previous, err error) {
	last, err = remembered(ctx, d, id)
	if err != nil || last.snapshot.Sends == nil {
		last.run = id
		return last, err
	}
	there, err := arrived(ctx, d, id)
	if err != nil {
		return last, err
	}
	if s := last.snapshot; len(s.Parts) == 0 && !there[s.Sends.Name] {
		if last, err = atPartner(ctx, d, s.Before); errors.Is(err, state.ErrNotFound) {
			return previous{forgotten: s.Before != ""}, nil
		}
		return last, err
	}
	last.run, last.of = id, make(map[int]string)
	for _, p := range last.snapshot.Parts {
		if last.of[p.Place] = id; there[p.File] {
			continue
		}
		last.of[p.Place] = p.Before
		earlier, err := remembered(ctx, d, p.Before)
		if err != nil && !errors.Is(err, state.ErrNotFound) {
			return last, err
		}
		last.forgotten = last.forgotten || err != nil && p.Before != ""
		last = last.with(earlier, p.Place)
	}
	return last, nil
}

// with is what the partner has, of one establishment from an earlier run.
func (last previous) with(earlier previous, place int) previous {
	var then export.Snapshot
	if earlier.snapshot != nil {
		then = *earlier.snapshot
	}
	if last.cells != nil {
		now := places(last.snapshot.People)
		last.cells = last.cells.Only(func(id int) bool { return now[id] != place })
		if earlier.cells != nil {
			before := places(then.People)
			last.cells = last.cells.With(earlier.cells.Only(func(id int) bool { return before[id] == place }))
		}
	}
	s := last.snapshot.With(then, place)
	last.snapshot = &s
	return last
}

// places are the establishments of people, by their Lucca ids.
func places(people []export.Person) map[int]int {
	at := make(map[int]int, len(people))
	for _, p := range people {
		at[p.ID] = p.Place
	}
	return at
}

// remembered is what is kept of the file of a run.
func remembered(ctx context.Context, d Deps, id string) (kept previous, err error) {
	s, err := SnapshotOf(ctx, d.Store, id)
	if err != nil {
		return kept, err
	}
	kept.snapshot = &s
	b, err := d.Store.Cells(ctx, id)
	if errors.Is(err, state.ErrNotFound) {
		return kept, nil
	}
	if err == nil {
		kept.cells, err = export.DecodeCells(b)
	}
	return kept, err
}

// before notes in which run the partner was sent the last file, and the last one of each part.
func (last previous) before(s *export.Snapshot) {
	s.Before = last.run
	for i, p := range s.Parts {
		s.Parts[i].Before = last.of[p.Place]
	}
}

// valuesOf compares the cells of some people, where those of the last file are known.
func valuesOf(m made, last previous) func(people map[int]bool) *export.Changes {
	return func(people map[int]bool) *export.Changes {
		if last.cells == nil {
			return nil
		}
		changes := m.cells.Only(func(id int) bool { return people[id] }).ChangesFrom(last.cells)
		return &changes
	}
}
