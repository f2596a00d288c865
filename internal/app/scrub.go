package app

import (
	"log/slog"
	"sync"
	"time"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/secret"
)

// logsNoSecret returns a logger that logs none of the secrets of a configuration, whoever says
// one on the way.
func logsNoSecret(to *slog.Logger, c *config.Config) *slog.Logger {
	var (
		mu    sync.Mutex
		known secret.Scrubber
		read  time.Time
	)
	return slog.New(secret.LogHandler(to.Handler(), func() secret.Scrubber {
		mu.Lock()
		defer mu.Unlock()
		if at := time.Now(); read.IsZero() || at.Sub(read) >= time.Second || at.Before(read) {
			known, read = secret.Known(c.Secrets()...), at
		}
		return known
	}))
}
