package imports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/userfile"
)

// putAway moves the file out of the way, with its reports.
func putAway(ctx context.Context, t task, file *inbox.File, outcome pickup.Outcome, r flow.Result) (flow.Result, error) {
	attachments, err := reports(t, *file, &r)
	if err != nil {
		return r, err
	}
	r.Log.Add(t.Inbox.Settle(ctx, t.Run.ID, file, outcome, attachments)...)
	r.Place, r.Reports = file.Place()
	if file.Local {
		r.Reports = nil
		for _, a := range attachments {
			r.Reports = append(r.Reports, a.Path)
		}
	}
	return r, nil
}

// reports writes what is put beside the file: what was found, and the rows that were rejected,
// to be mended.
func reports(t task, file inbox.File, r *flow.Result) ([]pickup.Attachment, error) {
	if r.File == nil {
		return nil, nil
	}
	attachments, err := t.Inbox.Reports(file, &r.Log)
	if err != nil || attachments == nil {
		return nil, err
	}
	reasons := userfile.NewReasons(flow.Words(t.Inbox.Language), r.Log.Listed, r.Log.Rest())
	rejected := reasons.Any() && r.Outcome != run.Failed
	if t.Options.Reports == userfile.ReportsXLSX {
		books := []pickup.Attachment{{Suffix: pickup.ReportBookSuffix}, {Suffix: pickup.RejectedBookSuffix}}
		if !rejected {
			books = books[:1]
		}
		for _, a := range books {
			a.Path = inbox.Report(file.Folder, a.Suffix)
			book := userfile.Book{Findings: r.Log.Listed, Reasons: reasons, Rejected: a.Suffix == pickup.RejectedBookSuffix}
			if err := writeWorkbook(t, file, a.Path, book, r.Outcome != run.Failed); err != nil {
				return nil, err
			}
			attachments = append(attachments, a)
		}
	}
	if !rejected || r.Path == "" {
		return attachments, nil
	}
	path := inbox.Report(file.Folder, pickup.RejectedSuffix)
	switch err := writeRejected(t, file, path, reasons); {
	case errors.Is(err, os.ErrNotExist):
		r.Warn("rejected_rows", "the file is gone from the spool: the rejected rows are those of the time when it was planned, if they are there at all")
	case err != nil:
		return nil, err
	}
	switch _, err := os.Stat(path); {
	case errors.Is(err, os.ErrNotExist):
		return attachments, nil
	case err != nil:
		return nil, fmt.Errorf("look at rejected rows: %w", err)
	}
	return append(attachments, pickup.Attachment{Suffix: pickup.RejectedSuffix, Path: path}), nil
}

// writeRejected writes the rejected rows. Where the file is no longer in the spool, which is
// os.ErrNotExist, what was written while the run was held has to do.
func writeRejected(t task, file inbox.File, path string, reasons userfile.Reasons) error {
	plain, err := spool.Open(file.Path)
	if err != nil {
		return err
	}
	defer plain.Close()
	options := t.Options
	options.TempDir = file.Folder
	_, err = t.Room.Replace(path, func(w io.Writer) error {
		return userfile.WriteRejected(w, plain, options, reasons)
	})
	if err != nil {
		return fmt.Errorf("write rejected rows: %w", err)
	}
	return nil
}

// writeWorkbook writes a report as an Excel workbook, with the rows of the file where they may
// be used.
func writeWorkbook(t task, file inbox.File, path string, book userfile.Book, rows bool) error {
	plain, err := spool.Open(file.Path)
	switch {
	case file.Path == "" || errors.Is(err, os.ErrNotExist):
	case err != nil:
		return err
	default:
		defer plain.Close()
		if rows {
			book.File = plain
		}
	}
	options := t.Options
	options.TempDir = file.Folder
	_, err = t.Room.Replace(path, func(w io.Writer) error { return userfile.WriteWorkbook(w, options, book) })
	return err
}
