package delivery

import (
	"context"

	"lucca-exchange/internal/remote"
)

// inPlace tells how the delivery was begun, whatever the configuration says by now.
func (r Record) inPlace() bool { return r.Temp == r.Name }

// overwriter uploads straight onto the final name.
type overwriter struct {
	site   *site
	upload *uploader
	marker *marking
}

// overwrite uploads straight onto the final name. Until it is through, the reader finds the
// old file, none, or part of the new one.
func (o *overwriter) overwrite(ctx context.Context, file *spool) error {
	switch o.site.record.Step {
	case StepUploaded:
		return nil
	case StepUploading:
		if whole, err := o.site.whole(ctx); whole || err != nil {
			return err
		}
	default:
		if err := o.clear(ctx); err != nil {
			return err
		}
	}
	if err := o.upload.upload(ctx, file); err != nil {
		return err
	}
	return o.site.save(ctx, StepUploaded)
}

// clear removes the old file, and before it the marker that says that it is whole. What the
// account may not remove, the upload will find in its way.
func (o *overwriter) clear(ctx context.Context) error {
	if _, err := o.site.open(ctx); err != nil {
		return err
	}
	if err := o.site.save(ctx, StepReplacing); err != nil {
		return err
	}
	if marker := o.site.target.Options.Marker(o.site.record.Name); marker != "" {
		if err := o.marker.unmark(ctx, marker); err != nil {
			return err
		}
	}
	if err := o.site.remove(ctx, o.site.record.Name); err != nil && !remote.Definite(err) {
		return err
	}
	return nil
}

// settleInPlace ends an interrupted upload onto the final name. Part of a file is removed:
// a reader would take it for a whole one.
func (o *overwriter) settleInPlace(ctx context.Context) (delivered bool, err error) {
	switch o.site.record.Step {
	case StepUploaded:
		return true, nil
	case StepUploading:
		if whole, err := o.site.whole(ctx); whole || err != nil {
			return whole, err
		}
		return false, o.site.removeOurs(ctx, o.site.record.Name)
	}
	return false, nil // nothing of ours was there yet
}
