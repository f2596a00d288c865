package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/show"
	"lucca-exchange/internal/state"
)

func runsCommand(s *cli) *cobra.Command {
	var flow, since, outcome string
	var limit int
	c := &cobra.Command{
		Use:   "runs",
		Short: "Show the history of runs",
		Args:  cobra.NoArgs,
		RunE: command(func(cmd *cobra.Command, _ []string) error {
			if limit < 1 {
				return fault.Of(run.ErrUsage, "--limit: want at least 1")
			}
			which := state.Filter{Flow: flow, Outcome: run.Outcome(outcome), Limit: limit}
			if outcome != "" && !which.Outcome.Valid() {
				return fault.Of(run.ErrUsage, "--outcome: want done, nothing, rejections, held, failed or canceled, not %q", outcome)
			}
			var err error
			if which.Since, err = readSince(since, time.Now()); err != nil {
				return fault.Of(run.ErrUsage, "--since: %w", err)
			}
			return s.withHistory(cmd.Context(), func(a *app.App) error {
				runs, err := a.Inspect().Runs(cmd.Context(), which)
				if err != nil {
					return err
				}
				return printed(s, runs, show.Runs)
			})
		}),
	}
	c.Flags().StringVar(&flow, "flow", "", "only the runs of one `FLOW`")
	c.Flags().StringVar(&since, "since", "", "only those that started since a `TIME`: 7d or 12h ago, 2026-11-22, or \"2026-11-22 18:00\"")
	c.Flags().StringVar(&outcome, "outcome", "", "only those with this `OUTCOME`: done, nothing, rejections, held, failed or canceled")
	c.Flags().IntVar(&limit, "limit", 20, "at most so many `RUNS`, the newest first")
	asDocument(s, c)
	c.AddCommand(showCommand(s))
	return c
}

func showCommand(s *cli) *cobra.Command {
	var plan bool
	c := &cobra.Command{
		Use:   "show RUN",
		Short: "Show one run with its findings and what became of each row",
		Args:  cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			return s.withHistory(cmd.Context(), func(a *app.App) error {
				if plan {
					return keptPlan(cmd.Context(), s, a, args[0])
				}
				record, err := a.Inspect().Run(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				rows, err := a.Inspect().RowOutcomes(cmd.Context(), record.ID)
				if err != nil {
					return err
				}
				shown := show.History{Record: record, Outcomes: rows, Link: a.Inspect().Page(record.Run)}
				if s.json {
					return show.JSON(s.stdout, shown)
				}
				page, err := withNames(cmd.Context(), s.page(), a.Inspect(), record)
				if err != nil {
					return err
				}
				show.OneRun(page, shown)
				return nil
			})
		}),
	}
	c.Flags().BoolVar(&s.json, "json", false, "print the run as one JSON document")
	c.Flags().BoolVar(&plan, "plan", false, "show the plan that the run held or applied")
	return c
}

// withNames is the page with the names of those whom the findings of a run are about, where a person
// looks: a file and a log get ids.
func withNames(ctx context.Context, page show.Page, i inspect.Inspector, record state.Record) (show.Page, error) {
	if page.Width == 0 || len(record.Findings) == 0 {
		return page, nil
	}
	var err error
	page.Names, err = inspect.Names(ctx, i, record.Run)
	return page, err
}

func explainCommand(s *cli) *cobra.Command {
	c := &cobra.Command{
		Use:   "explain FLOW EMPLOYEE",
		Short: "Say why an employee is or is not in the last file, column by column",
		Long: `Say why an employee is or is not in the file of the flow's last run, column by column.
EMPLOYEE is a login, an e-mail address, an employee number or a Lucca id.`,
		Args: cobra.ExactArgs(2),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			return s.withHistory(cmd.Context(), func(a *app.App) error {
				found, err := a.Inspect().Explain(cmd.Context(), args[0], args[1])
				if err != nil {
					return err
				}
				return printed(s, found, show.Explanations)
			})
		}),
	}
	return asDocument(s, c)
}
