package ftp

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"lucca-exchange/internal/remote"
)

// Remote is one folder on one server. It may be shared.
type Remote struct {
	config Config
	// blocked: a port that EPSV named could not be reached. Further sessions use PASV, which
	// some firewalls understand in its place.
	blocked atomic.Bool
	names   names
	// patience is how long a server may take for the answer that ends a transfer.
	patience time.Duration
	// ends is told when the certificate of the server ends.
	ends func(time.Time)
}

var (
	_ remote.Remote    = (*Remote)(nil)
	_ remote.Creator   = (*Remote)(nil)
	_ remote.Certified = (*Remote)(nil)
)

// New returns the remote that c describes. Secrets and certificates are read at each Open,
// so that they can be changed while the program runs.
func New(c Config) *Remote {
	patience := c.IdleTimeout
	if patience == 0 {
		patience = defaultPatience
	}
	return &Remote{config: c.withDefaults(), patience: patience, ends: func(time.Time) {}}
}

// Certificate implements remote.Certified.
func (r *Remote) Certificate(ends func(time.Time)) { r.ends = ends }

// Open implements remote.Remote. The whole of it takes at most Config.ConnectTimeout.
func (r *Remote) Open(ctx context.Context) (remote.Session, error) {
	s, err := r.open(ctx, r.config.Dir)
	if err != nil {
		return nil, fmt.Errorf("open FTP session with %s: %w", r.config.Address(), err)
	}
	return s, nil
}

// Create implements remote.Creator.
func (r *Remote) Create(ctx context.Context) error {
	s, err := r.open(ctx, "") // the folder cannot be entered before it is there
	if err != nil {
		return fmt.Errorf("open FTP session with %s: %w", r.config.Address(), err)
	}
	err = s.client.do(ctx, func() error { return s.place.makeAll(r.config.Dir) })
	if err = errors.Join(err, s.Close()); err != nil {
		return fmt.Errorf("create folder %q: %w", r.config.Dir, err)
	}
	return nil
}
