package sftp

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"lucca-exchange/internal/remote"
)

// Remote is one folder on one server. It may be shared.
type Remote struct {
	config Config
	// patience is how long the server may take for the answer that ends a file.
	patience time.Duration
}

var _ remote.Creator = (*Remote)(nil)

// New returns the remote that c describes. Secrets are read at each Open, so that they
// can be changed while the program runs.
func New(c Config) *Remote {
	return &Remote{config: c.withDefaults(), patience: cmp.Or(c.IdleTimeout, defaultPatience)}
}

// Open implements remote.Remote. The whole of it takes at most Config.ConnectTimeout.
func (r *Remote) Open(ctx context.Context) (remote.Session, error) {
	conn, err := openSubsystem(ctx, r.config, r.patience)
	if err != nil {
		return nil, fmt.Errorf("open SFTP session with %s: %w", r.config.Address(), err)
	}
	return session{conn}, nil
}

// Create implements remote.Creator.
func (r *Remote) Create(ctx context.Context) error {
	c := r.config
	c.WriteOnly = true // the folder cannot be looked for before it is there
	conn, err := openSubsystem(ctx, c, r.patience)
	if err != nil {
		return fmt.Errorf("open SFTP session with %s: %w", c.Address(), err)
	}
	defer conn.close()
	err = conn.run(ctx, func() error { return conn.folder("").makeAll(r.config.WriteOnly) })
	if err != nil {
		return fmt.Errorf("create folder %q: %w", r.config.Dir, err)
	}
	return nil
}
