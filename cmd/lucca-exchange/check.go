package main

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/config"
)

// checked is the JSON document of check.
type checked struct {
	OK     bool           `json:"ok"`
	Faults []config.Fault `json:"faults"`
	Probes []app.Probe    `json:"connections,omitempty"`
}

func (s *session) checkCommand() *cobra.Command {
	var connect, asJSON bool
	c := &cobra.Command{
		Use:   "check",
		Short: "Check the configuration: all faults at once, each with its place",
		Long: `Check the configuration: all faults at once, each with file, line and path.

With --connect, also try Lucca (the key and its rights), each remote (host key, login, list,
and a small file written, renamed and removed where a flow writes) and Flatchr (the key and
the columns that mean hired), and look for the defaults of flows in Lucca, one line each.`,
		Args: cobra.NoArgs,
		RunE: command(func(cmd *cobra.Command, _ []string) error {
			configuration, faults := config.Load(s.config, app.Registry())
			result := checked{OK: configuration != nil, Faults: append([]config.Fault{}, faults...)}
			if configuration != nil && connect {
				result.Probes = app.Connect(cmd.Context(), configuration, s.logger(), version().Version)
				result.OK = !slices.ContainsFunc(result.Probes, func(p app.Probe) bool { return !p.OK })
			}
			if asJSON {
				if err := s.json(result); err != nil {
					return err
				}
			} else {
				s.checked(result, configuration)
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
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return c
}

func (s *session) checked(result checked, c *config.Config) {
	for _, f := range result.Faults {
		fmt.Fprintln(s.stdout, f)
	}
	for _, p := range result.Probes {
		s.probe(p)
	}
	if c == nil || !result.OK {
		return
	}
	fmt.Fprintf(s.stdout, "%s is right\n", s.config)
	for _, name := range slices.Sorted(maps.Keys(c.Flows)) {
		f := c.Flows[name]
		due := "not scheduled"
		if f.Slots != nil {
			due = "due " + f.Slots.Next(time.Now()).Format("Mon 2 Jan 2006 15:04 MST")
		}
		does := ""
		switch {
		case f.Export != nil:
			does = fmt.Sprintf("%s, %d columns to %s", f.Export.Profile, len(f.Binding.Columns), f.To)
		case f.Import != nil:
			does = fmt.Sprintf("import of %s from %s", f.Pattern, f.From)
		case f.Hires != nil:
			does = "hires of " + f.Hires.Source
		}
		fmt.Fprintf(s.stdout, "  %s: %s, %s\n", name, does, due)
	}
}

func (s *session) probe(p app.Probe) {
	verdict := "ok"
	if !p.OK {
		verdict = "FAULT"
	}
	fmt.Fprintf(s.stdout, "%s %s", verdict, p.Name)
	for _, part := range []string{p.Address, p.Protocol, p.Key} {
		if part != "" {
			fmt.Fprintf(s.stdout, " · %s", part)
		}
	}
	fmt.Fprintf(s.stdout, ": %s\n", p.Message)
}
