package api

import (
	"context"
	"errors"
	"net/http"

	"lucca-exchange/internal/audit"
)

// ActList are lines of the audit in their order.
type ActList struct {
	Lines []audit.Line `json:"lines"`
	Next  int64        `json:"next,omitempty" doc:"after of the next page"`
}

// Verified says whether the audit is whole.
type Verified struct {
	Whole  bool         `json:"whole"`
	Anchor audit.Anchor `json:"anchor" doc:"that of the last line: keep it elsewhere"`
	Broken string       `json:"broken,omitempty" doc:"where it is not whole"`
}

type actQuery struct {
	After int64 `query:"after" minimum:"0" doc:"lines after this sequence; 0 from the first"`
	Limit int   `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type verifying struct {
	Body struct {
		Anchors []string `json:"anchors,omitempty" maxItems:"100" doc:"anchors that were kept, as audit verify prints them"`
	}
}

// auditAPI are the operations on the audit.
type auditAPI struct{ *API }

func (a auditAPI) register() {
	const tag = "audit"
	handle(a.API, operation{method: http.MethodGet, path: "/audit", id: "list-acts", summary: "Who did what, the oldest first", tag: tag, does: "For administrators."}, a.acts)
	handle(a.API, operation{method: http.MethodPost, path: "/audit/verify", id: "verify-audit", summary: "Is a line changed, removed or moved?", tag: tag, does: "For administrators."}, a.verify)
}

// administers refuses whoever may not read the audit.
func (a auditAPI) administers(ctx context.Context) error {
	c := who(ctx)
	if c.Administers() {
		return nil
	}
	return a.refuse(ctx, c.entry("audit", ""), "only an administrator of all flows may read the audit")
}

func (a auditAPI) acts(ctx context.Context, in *actQuery) (*body[ActList], error) {
	if err := a.administers(ctx); err != nil {
		return nil, err
	}
	list := ActList{Lines: []audit.Line{}}
	for line, err := range a.options.Audit().Lines(ctx, in.After+1) {
		if err != nil {
			return nil, err
		}
		if len(list.Lines) == in.Limit {
			list.Next = list.Lines[in.Limit-1].Sequence
			break
		}
		list.Lines = append(list.Lines, line)
	}
	return answer(list), nil
}

func (a auditAPI) verify(ctx context.Context, in *verifying) (*body[Verified], error) {
	if err := a.administers(ctx); err != nil {
		return nil, err
	}
	kept := make([]audit.Anchor, len(in.Body.Anchors))
	for n, text := range in.Body.Anchors {
		var err error
		if kept[n], err = audit.ParseAnchor(text); err != nil {
			return nil, &Problem{Status: http.StatusUnprocessableEntity, Code: "invalid", Detail: "want anchors as audit verify prints them", Hint: "such as 1207:9f86d0… with 64 digits"}
		}
	}
	anchor, err := a.options.Audit().Verify(ctx, kept...)
	switch {
	case errors.Is(err, audit.ErrBroken):
		return answer(Verified{Broken: err.Error()}), nil
	case err != nil:
		return nil, err
	}
	return answer(Verified{Whole: true, Anchor: anchor}), nil
}
