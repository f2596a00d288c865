package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/show"
)

// personRuns is in how many of the newest runs a person is looked for.
const personRuns = 500

func personCommand(s *cli) *cobra.Command {
	var runs int
	c := &cobra.Command{
		Use:   "person WHO",
		Short: "Show what all flows did with one employee, the newest first",
		Long: `Show what the runs of all flows did with one employee, the newest first: in which files they
were and why not in others, and what was changed from what. Files of several runs that say the
same stand in one line. WHO is a login, an e-mail address, an employee number, a Lucca id, or a
part of a name where one person has it: accents and letter case do not count.

It goes as far back as retention.files keeps what was in the files.`,
		Args: cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			if runs < 1 {
				return fault.Of(run.ErrUsage, "--runs: want at least 1")
			}
			return s.withHistory(cmd.Context(), func(a *app.App) error {
				line, err := a.Inspect().Person(cmd.Context(), args[0], runs)
				if err != nil {
					return err
				}
				if len(line) == 0 {
					return fault.Of(run.ErrUsage, "the newest %d runs know nobody with this login, e-mail, number, id or name", runs)
				}
				return printed(s, line, show.Person)
			})
		}),
	}
	c.Flags().IntVar(&runs, "runs", personRuns, "look into so many `RUNS` of all flows, the newest first")
	return asDocument(s, c)
}

func diffCommand(s *cli) *cobra.Command {
	var dryRun bool
	c := &cobra.Command{
		Use:   "diff FLOW [[OLDER] RUN]",
		Short: "Show who joined, left and changed between two files of an export",
		Long: `Show who joined, who left and whose values changed between two files of an export: the last
file and the one sent before it, that of RUN and the one sent before it, or those of two runs. With
--dry-run a file is made now, and sent to nobody: what would it change at the partner?`,
		Args: cobra.RangeArgs(1, 3),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			if dryRun {
				if len(args) > 1 {
					return fault.Of(run.ErrUsage, "--dry-run compares what would be sent now with the last file: name no run")
				}
				return wouldChange(cmd.Context(), s, args[0])
			}
			newer, older := "", ""
			switch len(args) {
			case 2:
				newer = args[1]
			case 3:
				older, newer = args[1], args[2]
			}
			return s.withHistory(cmd.Context(), func(a *app.App) error {
				d, err := a.Inspect().Diff(cmd.Context(), inspect.Files{Flow: args[0], Run: newer, Previous: older})
				if err != nil {
					return err
				}
				return printed(s, d, show.Difference)
			})
		}),
	}
	c.Flags().BoolVar(&dryRun, "dry-run", false, "compare what would be sent now with the last file, and send nothing")
	return asDocument(s, c)
}

// wouldChange shows what a run now would change at the partner.
func wouldChange(ctx context.Context, s *cli, flow string) error {
	return s.with(ctx, s.load, app.OpenToLook, func(a *app.App) error {
		r, err := a.Run(ctx, flow, app.RunOptions{DryRun: true, Diff: true})
		switch {
		case err != nil:
			return err
		case r.Difference == nil && r.Run.Outcome == run.Failed:
			return errors.New(r.Run.Reason)
		case r.Difference == nil:
			return fault.Of(run.ErrUsage, "%s makes no files: what an import changes, its plan says", flow)
		}
		return printed(s, *r.Difference, show.Difference)
	})
}
