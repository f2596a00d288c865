package delivery

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"lucca-exchange/internal/remote"
)

// inPlace tells how the delivery was begun, whatever the configuration says by now.
func (r Record) inPlace() bool { return r.Temp == r.Name }

// overwrite uploads straight onto the final name. Until it is through, the reader finds the
// old file, none, or part of the new one.
func (c *courier) overwrite(ctx context.Context, file *spool) error {
	switch c.record.Step {
	case StepUploaded:
		return nil
	case StepUploading:
		if whole, err := c.whole(ctx); whole || err != nil {
			return err
		}
	default:
		if err := c.clear(ctx); err != nil {
			return err
		}
	}
	if err := c.upload(ctx, file); err != nil {
		return err
	}
	return c.save(ctx, StepUploaded)
}

// clear removes the old file, and before it the marker that says that it is whole. What the
// account may not remove, the upload will find in its way.
func (c *courier) clear(ctx context.Context) error {
	if _, err := c.open(ctx); err != nil {
		return err
	}
	if err := c.save(ctx, StepReplacing); err != nil {
		return err
	}
	if marker := c.target.Options.Marker(c.record.Name); marker != "" {
		if err := c.unmark(ctx, marker); err != nil {
			return err
		}
	}
	if err := c.remove(ctx, c.record.Name); err != nil && !remote.Definite(err) {
		return err
	}
	return nil
}

// whole tells whether the new file stands under its name, byte for byte.
func (c *courier) whole(ctx context.Context) (bool, error) {
	if c.target.WriteOnly {
		return false, nil
	}
	found, err := c.look(ctx, c.record.Name)
	if err != nil || found == nil || !found.Regular || !found.Holds(c.record.Bytes) {
		return false, err
	}
	sum := sha256.New()
	err = c.ask(ctx, func(s remote.Session) error {
		_, err := s.Download(ctx, c.record.Name, sum)
		return err
	})
	if err != nil && remote.Definite(err) {
		return false, nil
	}
	return err == nil && hex.EncodeToString(sum.Sum(nil)) == c.record.SHA256, err
}

// settleInPlace ends an interrupted upload onto the final name. Part of a file is removed:
// a reader would take it for a whole one.
func (c *courier) settleInPlace(ctx context.Context) (delivered bool, err error) {
	switch c.record.Step {
	case StepUploaded:
		return true, nil
	case StepUploading:
		if whole, err := c.whole(ctx); whole || err != nil {
			return whole, err
		}
		return false, c.removeOurs(ctx, c.record.Name)
	}
	return false, nil // nothing of ours was there yet
}
