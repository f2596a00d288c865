package api

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
)

// FileList are the files of a run that are still kept.
type FileList struct {
	Files []inspect.KeptFile `json:"files"`
}

// Resent is a run that sends a file once more.
type Resent struct {
	Run string `json:"run" doc:"id of the run that sends it: GET it to see how it ends"`
}

type fileOf struct {
	RunPath
	Kind inspect.KeptKind `path:"kind" enum:"sent,plain,read,relayed,report,rejected"`
	Body Noted
}

// fileAPI are the operations on the files of runs.
type fileAPI struct{ *API }

func (a fileAPI) register() {
	const tag = "runs"
	conflict := []int{http.StatusNotFound, http.StatusConflict}
	handle(a.API, operation{
		method: http.MethodGet, path: "/runs/{run}/files", id: "list-files", summary: "The files of a run that are still kept", tag: tag, more: []int{http.StatusNotFound},
	}, a.files)
	handle(a.API, operation{
		method: http.MethodPost, path: "/runs/{run}/files/{kind}", id: "download-file", summary: "Take a file of a run out", tag: tag, more: conflict,
		does: "For approvers of the flow, and on record: a file holds values of people. It comes byte by byte.", file: true,
	}, a.download)
	handle(a.API, operation{
		method: http.MethodPost, path: "/runs/{run}/resend", id: "resend-run", summary: "Send the last file of a flow to the partner once more", tag: tag, status: http.StatusAccepted, more: conflict,
		does: "For operators of the flow. A run of its own sends it, which goes on when the answer is given.",
	}, a.resend)
}

func (a fileAPI) files(ctx context.Context, in *RunPath) (*body[FileList], error) {
	r, err := a.record(ctx, in.Run)
	if err != nil {
		return nil, err
	}
	kept, err := a.options.Inspector().Kept(r)
	if err != nil {
		return nil, err
	}
	return answer(FileList{append([]inspect.KeptFile{}, kept...)}), nil
}

func (a fileAPI) download(ctx context.Context, in *fileOf) (*huma.StreamResponse, error) {
	r, err := a.found(ctx, in.Run)
	if err != nil {
		return nil, err
	}
	by := who(ctx).entry(audit.Download, in.Body.Note)
	if by.Flow, by.Run = r.Flow, r.ID; !who(ctx).SeesValues(r.Flow) {
		return nil, a.refuse(ctx, by, "only an approver of the flow may take its files out")
	}
	kept, err := a.options.Acts.Download(ctx, r.ID, in.Kind, by)
	gone := missing("the run keeps no such file any more", "GET "+Root+"/runs/"+r.ID+"/files lists those that there are")
	if errors.Is(err, run.ErrUsage) {
		return nil, gone
	}
	if err != nil {
		return nil, err
	}
	f, err := os.Open(kept.Path)
	if errors.Is(err, fs.ErrNotExist) { // was purged just now
		return nil, gone
	}
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		defer f.Close()
		c.SetHeader("Content-Type", octets)
		c.SetHeader("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": kept.CopyName()}))
		c.SetHeader("X-Content-Type-Options", "nosniff")
		c.SetHeader("Cache-Control", "no-store")
		c.SetHeader("Content-Length", strconv.FormatInt(kept.Bytes, 10))
		c.SetStatus(http.StatusOK)
		_, _ = io.Copy(c.BodyWriter(), f) // whoever went away has no file
	}}, nil
}

// octets is the type of a file that nobody interprets on the way.
const octets = "application/octet-stream"

func (a fileAPI) resend(ctx context.Context, in *canceling) (*body[Resent], error) {
	by, err := a.operatesRun(ctx, in, audit.Resend, "only an operator of the flow may send its file again")
	if err != nil {
		return nil, err
	}
	id, err := a.options.Acts.Resend(ctx, by.Run, by)
	if err != nil {
		return nil, err
	}
	return answer(Resent{id}), nil
}
