package console

import (
	"io"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/inspect"
)

// download gives out a file of a run that is kept, byte by byte. It is no page of this site: a
// browser stores it, and shows nothing of it.
func (c runPages) download(w http.ResponseWriter, v visit) error {
	by, err := c.aboutRun(v, audit.Download)
	if err != nil {
		return err
	}
	if !v.who.SeesValues(by.Flow) {
		return c.refuse(v, by, runPage(by.Run))
	}
	kept, err := c.options.Acts.Download(v.Request.Context(), by.Run, inspect.KeptKind(v.Request.PathValue("kind")), by)
	if err != nil {
		return backTo(err, runPage(by.Run))
	}
	f, err := os.Open(kept.Path)
	if os.IsNotExist(err) { // was purged just now
		return &fault{status: http.StatusNotFound, what: "fault.no_file", back: runPage(by.Run)}
	}
	if err != nil {
		return err
	}
	defer f.Close()
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": copyName(kept)}))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.FormatInt(kept.Bytes, 10))
	_, _ = io.Copy(w, f) // whoever went away has no file
	return nil
}

// copyName is what a copy is called in a browser. What others wrote is text and no spreadsheet, which would run its formulas; our
// reports have none that run.
func copyName(f inspect.KeptFile) string {
	name := f.CopyName()
	switch f.Kind {
	case inspect.KeptReport, inspect.KeptRejected:
	default:
		if ext := strings.ToLower(filepath.Ext(name)); ext != ".xlsx" && ext != ".txt" {
			name += ".txt"
		}
	}
	return name
}
