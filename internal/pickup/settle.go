package pickup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"lucca-exchange/internal/remote"
)

// Attachment is a file of this machine that is put beside a settled one.
type Attachment struct {
	// Suffix is added to the name of the settled file: ReportSuffix, RejectedSuffix.
	Suffix string
	Path   string
}

// Settled says where a file went.
type Settled struct {
	// Place is such as processed/NAME, or empty when the file stayed in its folder.
	Place string
	// Attached are the places of the attachments.
	Attached []string
	// Warning is what the server refused. It changes nothing: the file is settled, and
	// will not be taken again.
	Warning error
}

// Resume returns a file that the journal says to be fetched, after a restart or when a held
// run goes on. Nothing is asked of the server.
func Resume(from Source, j Journal, r Record) *Taken { return newHand(from, j, r).taken() }

// Settle ends the taking of the file: it is moved to the folder of the outcome, under its name
// or, where that is taken, with the run in it, and the attachments are put beside it. What the
// server refuses to do is a warning. On an error, which means that the server or the journal
// did not answer, the file is not settled: Settle can be called again, also after Resume, and
// goes on where it stopped.
func (t *Taken) Settle(ctx context.Context, outcome Outcome, attachments []Attachment) (Settled, error) {
	h := t.hand
	defer h.drop()
	h.warning = nil
	if h.record.Step == StepSettled {
		return Settled{Place: h.record.Place}, nil
	}
	attached, err := h.settle(ctx, string(outcome), attachments)
	if err != nil {
		return Settled{}, wrap(err, "settle", t.Name, h.from)
	}
	t.Place = h.record.Place
	return Settled{Place: h.record.Place, Attached: attached, Warning: wrap(h.warning, "settle", t.Name, h.from)}, nil
}

// Release gives the file back, so that another run can take it: it has its name again. It
// returns ErrNewer when that is taken by now, ErrVanished when the server took it away and it
// could not be put again from Path, and ErrStuck when the server refuses. Another error means that
// the file is still this run's.
func (t *Taken) Release(ctx context.Context) error {
	h := t.hand
	h.path = t.Path
	defer h.drop()
	err := h.release(ctx)
	t.Place = h.record.Place
	return wrap(err, "give back", t.Name, h.from)
}

func (h *hand) settle(ctx context.Context, folder string, attachments []Attachment) (attached []string, err error) {
	if h.from.Options.Keep && h.record.Place == "" {
		return nil, h.save(ctx, StepSettled)
	}
	if err := h.makeFolder(ctx, folder); err != nil {
		if !h.refused(ctx, err) {
			return nil, err
		}
		h.warn(err, "the file stays where it is")
		return nil, h.save(ctx, StepSettled)
	}
	beside := folder + "/" + withRun(h.record.Name, h.record.Run)
	if h.record.Place != "" {
		if beside, err = h.park(ctx, folder); err != nil {
			return nil, err
		}
	}
	for _, a := range attachments {
		switch err := h.attach(ctx, beside+a.Suffix, a.Path); {
		case err == nil:
			attached = append(attached, beside+a.Suffix)
		case h.refused(ctx, err):
			h.warn(err, "put "+a.Suffix+" beside the file")
		default:
			return nil, err
		}
	}
	return attached, h.save(ctx, StepSettled)
}

// park moves the file from in-progress/ to a folder and returns its place there, or the one that
// it would have where the server refuses.
func (h *hand) park(ctx context.Context, folder string) (string, error) {
	plain, unique := folder+"/"+h.record.Name, folder+"/"+withRun(h.record.Name, h.record.Run)
	found, err := h.look(ctx, h.own())
	if err != nil {
		return "", err
	}
	if found == nil {
		return h.parked(ctx, plain, unique)
	}
	other, err := h.look(ctx, plain)
	if err != nil {
		return "", err
	}
	to := plain
	if other != nil {
		to = unique
	}
	err = h.move(ctx, h.own(), to, h.own())
	if errors.Is(err, fs.ErrExist) && to == plain {
		to = unique
		err = h.move(ctx, h.own(), to, h.own())
	}
	switch {
	case err == nil:
		h.record.Place = to
	case h.refused(ctx, err):
		h.warn(err, "the file stays where it is")
	default:
		return "", err
	}
	return to, nil
}

// parked finds where an earlier Settle that was interrupted has moved the file.
func (h *hand) parked(ctx context.Context, plain, unique string) (string, error) {
	for _, place := range []string{unique, plain} {
		found, err := h.look(ctx, place)
		if err != nil {
			return "", err
		}
		if found != nil && found.Size == h.record.Size {
			h.record.Place = place
			return place, nil
		}
	}
	h.warn(fs.ErrNotExist, "find the file in "+inProgress)
	return unique, nil
}

// attach puts a local file on the server, in one step where it can.
func (h *hand) attach(ctx context.Context, place, local string) error {
	temp := place + "." + h.record.Run + ".part"
	err := h.attachBy(ctx, temp, place, local)
	if err != nil && h.refused(ctx, err) {
		_ = h.do(ctx, func(s remote.Session) error { // the refusal counts
			return s.Remove(ctx, temp)
		})
	}
	return err
}

func (h *hand) attachBy(ctx context.Context, temp, place, local string) error {
	return h.do(ctx, func(s remote.Session) error {
		if err := s.Remove(ctx, temp); err != nil && !remote.Definite(err) {
			return err
		}
		if err := upload(ctx, s, temp, local); err != nil {
			return err
		}
		err := s.Replace(ctx, temp, place)
		if errors.Is(err, errors.ErrUnsupported) {
			if err := s.Remove(ctx, place); err != nil && !remote.Definite(err) {
				return err
			}
			err = s.Rename(ctx, temp, place)
		}
		if err != nil && remote.Definite(err) {
			_ = s.Remove(ctx, temp) // the refusal counts
		}
		return err
	})
}

func upload(ctx context.Context, to remote.Session, name, local string) error {
	f, err := os.Open(local)
	if err != nil {
		return fmt.Errorf("open attachment: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("open attachment: %w", err)
	}
	return to.Upload(ctx, name, f, info.Size())
}
