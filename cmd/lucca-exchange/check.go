package main

import (
	"slices"
	"time"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/show"
)

func checkCommand(s *cli) *cobra.Command {
	var connect bool
	c := &cobra.Command{
		Use:   "check",
		Short: "Check the configuration: all faults at once, each with its place",
		Long: `Check the configuration: all faults at once, each with file, line and path.

With --connect, also try Lucca (the key and its rights), each remote (host key, login, list,
and a small file written, renamed and removed where a flow writes) and Flatchr (the key and
the columns that mean hired), look for the defaults of flows in Lucca, and whether state and
spool can be used and the secrets of notify be read, one line each. Nothing is sent to anybody
under notify: "notify test" does that.`,
		Args: cobra.NoArgs,
		RunE: command(func(cmd *cobra.Command, _ []string) error {
			configuration, faults := config.Load(s.config, app.Registry())
			if configuration != nil {
				s.configured = configuration.Language
			}
			result := show.Checked{Path: s.config, Config: configuration, At: time.Now(), OK: configuration != nil, Faults: append([]config.Fault{}, faults...)}
			if configuration != nil && connect {
				prober := app.Prober(configuration, s.logger(), version().Version)
				result.Probes = append(prober.Connect(cmd.Context()), prober.Places(cmd.Context())...)
				result.OK = !slices.ContainsFunc(result.Probes, func(p inspect.Probe) bool { return !p.OK })
			}
			if err := printed(s, result, show.Check); err != nil {
				return err
			}
			switch {
			case configuration == nil:
				return ended{exitUsage}
			case !result.OK:
				return ended{exitFailed}
			}
			return nil
		}),
	}
	c.Flags().BoolVar(&connect, "connect", false, "also try Lucca, each remote and Flatchr")
	return asDocument(s, c)
}
