package imports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/userfile"
)

// putAway moves the file out of the way, with its reports.
func putAway(ctx context.Context, t task, file *inbox.File, outcome pickup.Outcome, r *flow.Result) error {
	attachments, err := reports(t, *file, r)
	if err != nil {
		return err
	}
	r.Log.Add(t.Inbox.Settle(ctx, t.Run.ID, file, outcome, attachments)...)
	r.Place, r.Reports = file.Place()
	if file.Local {
		for _, a := range attachments {
			r.Reports = append(r.Reports, a.Path)
		}
	}
	return nil
}

// reports writes what is put beside the file: what was found, and the rows that were rejected, to
// be mended. Where the file is no longer in the spool, those that were written while the run was
// held have to do.
func reports(t task, file inbox.File, r *flow.Result) ([]pickup.Attachment, error) {
	if r.File == nil {
		return nil, nil // of a run that goes on: the file was put away, with its reports, before its process died
	}
	attachments, err := t.Inbox.Reports(file, &r.Log)
	if err != nil || attachments == nil {
		return nil, err
	}
	plain, err := spool.Open(file.Path)
	gone := errors.Is(err, os.ErrNotExist)
	if err != nil && !gone {
		return nil, err
	}
	defer plain.Close()
	listed, readable := r.Log.Listed, r.Outcome != run.Failed
	reasons := userfile.NewReasons(flow.Words(t.Inbox.Language), listed, r.Log.Rest())
	rejected := readable && reasons.Any()
	if rejected && gone {
		r.Warn("rejected_rows", "the file is gone from the spool: the rejected rows are those of the time when it was planned, if they are there at all")
	}
	for _, suffix := range suffixes(t.Options.Reports, rejected) {
		path := inbox.Report(file.Folder, suffix)
		if gone && suffix != pickup.ReportBookSuffix {
			if _, err := os.Stat(path); err != nil {
				continue
			}
		} else {
			book := userfile.Book{Findings: listed, Reasons: reasons, Rejected: suffix == pickup.RejectedBookSuffix}
			if readable && !gone {
				book.File = io.NewSectionReader(plain, 0, math.MaxInt64)
			}
			if err := writeReport(t, file, path, suffix, book); err != nil {
				return nil, err
			}
		}
		attachments = append(attachments, pickup.Attachment{Suffix: suffix, Path: path})
	}
	return attachments, nil
}

// suffixes are those of the reports with rows of the file.
func suffixes(format string, rejected bool) (list []string) {
	if format == userfile.ReportsXLSX {
		list = append(list, pickup.ReportBookSuffix)
		if rejected {
			list = append(list, pickup.RejectedBookSuffix)
		}
	}
	if rejected {
		list = append(list, pickup.RejectedSuffix)
	}
	return list
}

// writeReport writes one of them.
func writeReport(t task, file inbox.File, path, suffix string, book userfile.Book) error {
	options := t.Options
	options.TempDir = file.Folder
	_, err := t.Room.Replace(path, func(w io.Writer) error {
		if suffix == pickup.RejectedSuffix {
			return userfile.WriteRejected(w, book.File, options, book.Reasons)
		}
		return userfile.WriteWorkbook(w, options, book)
	})
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
