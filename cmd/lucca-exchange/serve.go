package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/show"
)

func serveCommand(s *cli) *cobra.Command {
	return &cobra.Command{
		Use: "serve", Aliases: []string{"daemon"},
		Short: "Run every flow when it is due, and receive webhooks",
		Long: `Run every flow when it is due, once per slot, and receive the webhooks of hires flows.
SIGTERM ends it in order: runs at work have 30 seconds to end, then the next start goes on
with them. SIGHUP reads the configuration again; one with a fault changes nothing.`,
		Args: cobra.NoArgs,
		RunE: command(func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("log-level") {
				s.logLevel = slog.LevelInfo
			}
			return s.serve(cmd.Context())
		}),
	}
}

func (s *cli) serve(ctx context.Context) error {
	c, err := s.load()
	if err != nil {
		return misconfigured{err}
	}
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	defer signal.Stop(reload)
	o := s.options(c)
	o.Progress = nil
	return app.Serve(ctx, o, app.Process{
		Version: version().Version, Commit: version().Commit, Reload: reload,
		Load: func() (*config.Config, error) { return s.load() },
		Ready: func(address string) {
			if s.logFormat == "json" {
				return // daemon.started says it, in the form that was asked for
			}
			if address == "" {
				show.Say(s.on(s.stderr), "lucca-exchange: ready, %d flows", len(c.Flows))
				return
			}
			show.Say(s.on(s.stderr), "lucca-exchange: ready, %d flows, listening on %s", len(c.Flows), address)
		},
	})
}
