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
func Resume(from Source, j Journal, r Record) *Taken {
	t := newClaim(from, j, r).taken()
	t.Path = ""
	return t
}

// Settle ends the taking of the file: it is moved to the folder of the outcome, under its name
// or, where that is taken, with the run in it, and the attachments are put beside it. What the
// server refuses to do is a warning. On an error, which means that the server or the journal
// did not answer, the file is not settled: Settle can be called again, also after Resume, and
// goes on where it stopped.
func (t *Taken) Settle(ctx context.Context, outcome Outcome, attachments []Attachment) (Settled, error) {
	c := t.claim
	defer c.folder.link.Drop()
	c.warning = nil
	if c.record.Step == StepSettled {
		return Settled{Place: c.shown()}, nil
	}
	attached, err := (&parking{c}).putAway(ctx, string(outcome), attachments)
	if err != nil {
		return Settled{}, wrap(err, "settle", t.Name, c.folder.from)
	}
	t.Place = c.shown()
	return Settled{Place: t.Place, Attached: attached, Warning: wrap(c.warning, "settle", t.Name, c.folder.from)}, nil
}

// GiveBack gives the file back, so that another run can take it: it has its name again. It
// returns ErrNewer when that is taken by now, ErrVanished when the server took it away and it
// could neither be put again from Path nor be kept, and ErrStuck when the server refuses. Another error means that
// the file is still this run's.
func (t *Taken) GiveBack(ctx context.Context) error {
	c := t.claim
	if t.Path != "" {
		c.path = t.Path
	}
	defer c.folder.link.Drop()
	err := newReturning(c).rename(ctx)
	t.Place = c.shown()
	return wrap(err, "give back", t.Name, c.folder.from)
}

// parking puts a file away, with what belongs beside it.
type parking struct{ claim *claim }

func (p *parking) putAway(ctx context.Context, folder string, attachments []Attachment) (attached []string, err error) {
	if p.claim.folder.from.Options.Keep && p.claim.shown() == "" {
		return nil, p.claim.save(ctx, StepSettled)
	}
	if err := p.claim.makeFolder(ctx, folder); err != nil {
		if !p.claim.folder.refused(ctx, err) {
			return nil, err
		}
		p.claim.warn(err, "the file stays where it is")
		return nil, p.claim.save(ctx, StepSettled)
	}
	beside := folder + "/" + withRun(p.claim.record.plain(), p.claim.record.Run)
	if p.claim.shown() != "" {
		if beside, err = p.park(ctx, folder); err != nil {
			return nil, err
		}
	}
	for _, a := range attachments {
		switch err := p.attach(ctx, beside+a.Suffix, a.Path); {
		case err == nil:
			attached = append(attached, beside+a.Suffix)
		case p.claim.folder.refused(ctx, err):
			p.claim.warn(err, "put "+a.Suffix+" beside the file")
		default:
			return nil, err
		}
	}
	return attached, p.claim.save(ctx, StepSettled)
}

// park moves the file from in-progress/ to a folder and returns its place there, or the one that
// it would have where the server refuses.
func (p *parking) park(ctx context.Context, folder string) (string, error) {
	plain, unique := folder+"/"+p.claim.record.plain(), folder+"/"+withRun(p.claim.record.plain(), p.claim.record.Run)
	found, err := p.claim.folder.look(ctx, p.claim.own())
	if err != nil {
		return "", err
	}
	if found == nil {
		return p.parked(ctx, plain, unique)
	}
	other, err := p.claim.folder.look(ctx, plain)
	if err != nil {
		return "", err
	}
	to := plain
	if other != nil {
		to = unique
	}
	err = p.claim.folder.move(ctx, p.claim.own(), to, p.claim.own())
	if errors.Is(err, fs.ErrExist) && to == plain {
		to = unique
		err = p.claim.folder.move(ctx, p.claim.own(), to, p.claim.own())
	}
	switch {
	case err == nil:
		p.claim.record.Place = p.put(ctx, to)
	case p.claim.folder.refused(ctx, err):
		p.claim.warn(err, "the file stays where it is")
	default:
		return "", err
	}
	return to, nil
}

// put is where a file is that was moved there by a server that is known to add versions.
func (p *parking) put(ctx context.Context, to string) string {
	if p.claim.own() == p.claim.aside() {
		return to
	}
	if found, err := p.claim.folder.version(ctx, to); err == nil && found != "" {
		return found
	}
	return to
}

// parked finds where an earlier Settle that was interrupted has moved the file.
func (p *parking) parked(ctx context.Context, plain, unique string) (string, error) {
	for _, place := range []string{unique, plain} {
		found, err := p.claim.folder.look(ctx, place)
		if err != nil {
			return "", err
		}
		if found != nil && found.Size == p.claim.record.Size {
			p.claim.record.Place = place
			return place, nil
		}
	}
	p.claim.warn(fs.ErrNotExist, "find the file in "+inProgress)
	return unique, nil
}

// attach puts a local file on the server, in one step where it can.
func (p *parking) attach(ctx context.Context, place, local string) error {
	temp := place + "." + p.claim.record.Run + ".part"
	err := p.attachBy(ctx, temp, place, local)
	if err != nil && p.claim.folder.refused(ctx, err) {
		_ = p.claim.folder.link.Do(ctx, func(s remote.Session) error { // the refusal counts
			return s.Remove(ctx, temp)
		})
	}
	return err
}

func (p *parking) attachBy(ctx context.Context, temp, place, local string) error {
	return p.claim.folder.link.Do(ctx, func(s remote.Session) error {
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
