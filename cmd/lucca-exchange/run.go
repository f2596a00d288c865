package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/show"
)

func runCommand(s *cli) *cobra.Command {
	var o app.RunOptions
	c := &cobra.Command{
		Use:   "run FLOW",
		Short: "Run one flow now",
		Long: `Run one flow now, by the same code as the daemon. A run of an import takes one file; where
more wait, a run for each follows.

With --dry-run nothing is sent, changed or recorded; what would be is shown, with the same
exit code. With --only, what one employee's row says or does is shown, and nothing is sent
either: a file with one person in it would make the partner deactivate everybody else.`,
		Args: cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			o.By = actOf(s, audit.Run)
			return s.run(cmd.Context(), args[0], o)
		}),
	}
	c.Flags().BoolVar(&o.DryRun, "dry-run", false, "send and change nothing, show what would be")
	c.Flags().StringVar(&o.File, "file", "", "give an import or a hires flow this local `FILE` instead of the one on the remote")
	c.Flags().StringVar(&o.Date, "date", "", "make the file of an export for this `DAY`, such as 2026-11-22, instead of today")
	c.Flags().StringVar(&o.Only, "only", "", "show the row of one `EMPLOYEE`: login, e-mail, number or Lucca id")
	noted(s, c)
	c.Flags().BoolVar(&s.json, "json", false, "print the run as one JSON document")
	return c
}

func (s *cli) run(ctx context.Context, flow string, o app.RunOptions) error {
	c, err := s.load()
	if err != nil {
		return err
	}
	if o.File != "" {
		if _, err := os.Stat(o.File); err != nil {
			return fault.Of(run.ErrUsage, "--file: %w", err)
		}
	}
	open := app.Open
	if o.DryRun || o.Only != "" {
		open = app.OpenToLook
	}
	return s.within(ctx, c, open, func(a *app.App) error { return s.runFiles(ctx, a, flow, o) })
}

// runFiles runs a flow: a run takes one file; those that wait behind it have their runs right
// after, unless something is wrong that they would meet too. The exit code is the gravest.
func (s *cli) runFiles(ctx context.Context, a *app.App, flow string, o app.RunOptions) error {
	for gravest := exitDone; ; fmt.Fprintln(s.stdout) {
		result, err := a.Run(ctx, flow, o)
		if err != nil {
			return err
		}
		shown := show.Ran{Report: result, Rehearsed: o.DryRun || o.Only != ""}
		if !shown.Rehearsed {
			shown.Link = a.Inspect().Page(result.Run.Run)
		}
		if err := ran(ctx, s, a, shown); err != nil {
			return err
		}
		if r := result.Run.Outcome; r == run.Failed || r == run.Canceled {
			return outcome(result.Run)
		}
		gravest = max(gravest, result.Run.Outcome.ExitCode())
		if result.Waiting > 0 && !o.DryRun && o.Only == "" && !s.json {
			continue
		}
		if gravest != exitDone {
			return ended{gravest}
		}
		return nil
	}
}

// ran shows what a run did, with names where a person looks.
func ran(ctx context.Context, s *cli, a *app.App, shown show.Ran) error {
	if s.json {
		return show.JSON(s.stdout, shown)
	}
	page := s.page()
	if !shown.Rehearsed {
		var err error
		if page, err = withNames(ctx, page, a.Inspect(), shown.Run); err != nil {
			return err
		}
	}
	show.Run(page, shown)
	return nil
}
