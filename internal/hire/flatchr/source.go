package flatchr

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/hire"
)

// New makes the source of a flow. It reads no secret and sends nothing yet. Without company
// and api_key, webhooks are the only way.
func New(c Config, f hire.Flow) hire.Source {
	s := &source{config: c, flow: f, board: newBoard()}
	if !c.Polls() {
		return hire.Source{Webhook: s, PollKeys: pollKeys}
	}
	return hire.Source{Webhook: s, Poll: s, Check: s, PollKeys: pollKeys}
}

const pollKeys = "company with api_key"

// source is Flatchr as one flow has it.
type source struct {
	config Config
	flow   hire.Flow
	board  *board
}

// client reads the key each time, so that a file of it may change.
func (s *source) client() (*Client, error) {
	key, err := s.config.APIKey.Resolve()
	if err != nil {
		return nil, err
	}
	return NewClient(Options{Config: s.config, Key: key, Zone: s.flow.Zone, Version: s.flow.Version, Logger: s.flow.Logger})
}

// Webhook decodes a webhook. Flatchr is asked for its columns when the webhook does not say
// what the column means, or has a contract type without its label.
func (s *source) Webhook(ctx context.Context, w hire.Webhook) ([]hire.Event, error) {
	r := Reader{Targets: Targets{Configured: s.config.Columns}, Zone: s.flow.Zone}
	e, err := r.Webhook(w.Body, w.At)
	unknown := errors.Is(err, ErrColumnUnknown)
	switch {
	case unknown && !s.config.Polls():
		return nil, fault.Of(err, "set columns, or company with api_key")
	case !unknown && err != nil:
		return nil, err
	case !unknown && (!s.config.Polls() || !slices.ContainsFunc(e.Notes, unlabelled)):
		return []hire.Event{e}, nil
	}
	columns, types, err := s.board.ask(ctx, s.client)
	if err != nil && !unknown {
		// The hire is more than its contract type, of which a note tells.
		s.flow.Logger.WarnContext(ctx, "hook.unlabelled", "err", err)
		return []hire.Event{e}, nil
	}
	if err != nil {
		return nil, err
	}
	r.Targets.Known, r.ContractTypes = columns, types
	if e, err = r.Webhook(w.Body, w.At); err != nil {
		return nil, err
	}
	return []hire.Event{e}, nil
}

// unlabelled reports whether a note tells of a contract type without its label.
func unlabelled(n hire.Note) bool { return n.Code == codeUnlabelled }

// Poll asks for the hires of which no webhook came.
func (s *source) Poll(ctx context.Context, p hire.Poll) (hire.Found, error) {
	client, err := s.client()
	if err != nil {
		return hire.Found{}, err
	}
	types, err := client.ContractTypes(ctx)
	if err != nil {
		return hire.Found{}, err
	}
	return client.Hired(ctx, Poll{Since: p.Since, Now: p.Now, ContractTypes: types})
}

// Address is that of the API.
func (s *source) Address() string { return cmp.Or(s.config.URL, DefaultURL) }

// Check tries the key, and lists the columns of the company.
func (s *source) Check(ctx context.Context) (found string, err error) {
	client, err := s.client()
	if err != nil {
		return "", err
	}
	columns, err := client.Columns(ctx)
	if err != nil {
		return "", err
	}
	targets := Targets{Configured: s.config.Columns, Known: columns}
	var titles, hired []string
	for _, c := range columns {
		title := strconv.Quote(c.Title)
		titles = append(titles, title)
		if targets.Means(c) {
			hired = append(hired, title)
		}
	}
	found = "columns: " + strings.Join(titles, ", ")
	if len(hired) > 0 {
		found += "; hired: " + strings.Join(hired, ", ")
	}
	switch missing := targets.Missing(); {
	case len(missing) > 0:
		return "", fmt.Errorf("Flatchr has no column %q, which columns names; its %s", missing, found) //nolint:staticcheck // a proper noun
	case len(hired) == 0:
		return "", fmt.Errorf("no column means hired: mark one in Flatchr, or name one in columns; its %s", found)
	}
	return found, nil
}

// board is the columns and contract types of a company, as Flatchr told them last.
type board struct {
	// asking holds a token while Flatchr is asked; the rest belongs to whoever put it there.
	asking  chan struct{}
	columns []Column
	types   map[string]string
	at      time.Time
	err     error
}

func newBoard() *board { return &board{asking: make(chan struct{}, 1)} }

// boardKept is how long Flatchr is not asked again: columns hardly ever change. One that did
// not answer is asked sooner, but not by each webhook.
const (
	boardKept   = 10 * time.Minute
	boardFailed = 30 * time.Second
)

// boardWait bounds how long a webhook waits for what Flatchr says of itself.
const boardWait = 5 * time.Second

// fresh reports whether there is no need to ask again.
func (b *board) fresh() bool {
	kept := boardKept
	if b.err != nil {
		kept = boardFailed
	}
	return !b.at.IsZero() && time.Since(b.at) < kept
}

// ask returns what Flatchr says of itself, of which it is asked once at a time.
func (b *board) ask(ctx context.Context, open func() (*Client, error)) ([]Column, map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, boardWait)
	defer cancel()
	select {
	case b.asking <- struct{}{}:
		defer func() { <-b.asking }()
	case <-ctx.Done():
		return nil, nil, context.Cause(ctx)
	}
	if !b.fresh() {
		b.err = b.fill(ctx, open)
		b.at = time.Now()
	}
	return b.columns, b.types, b.err
}

func (b *board) fill(ctx context.Context, open func() (*Client, error)) error {
	client, err := open()
	if err != nil {
		return err
	}
	if b.columns, err = client.Columns(ctx); err != nil {
		return err
	}
	b.types, err = client.ContractTypes(ctx)
	return err
}
