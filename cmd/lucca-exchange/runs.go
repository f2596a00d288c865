package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/state"
)

func (s *session) runsCommand() *cobra.Command {
	var flow string
	var limit int
	var asJSON bool
	c := &cobra.Command{
		Use:   "runs",
		Short: "Show the history of runs",
		Args:  cobra.NoArgs,
		RunE: command(func(cmd *cobra.Command, _ []string) error {
			if limit < 1 {
				return fmt.Errorf("%w: --limit: want at least 1", app.ErrUsage)
			}
			return s.look(cmd.Context(), func(a *app.App) error {
				runs, err := a.Runs(cmd.Context(), flow, limit)
				if err != nil {
					return err
				}
				if asJSON {
					return s.json(runs)
				}
				s.history(runs)
				return nil
			})
		}),
	}
	c.Flags().StringVar(&flow, "flow", "", "only the runs of one `FLOW`")
	c.Flags().IntVar(&limit, "limit", 20, "at most so many `RUNS`, the newest first")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	c.AddCommand(s.showCommand())
	return c
}

func (s *session) showCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "show RUN",
		Short: "Show one run with its findings and what became of each row",
		Args:  cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			return s.look(cmd.Context(), func(a *app.App) error {
				record, err := a.FindRun(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				rows, err := a.RowOutcomes(cmd.Context(), record.ID)
				if err != nil {
					return err
				}
				if asJSON {
					return s.json(struct {
						state.Record
						Outcomes []app.RowOutcome `json:"row_outcomes,omitempty"`
					}{record, rows})
				}
				s.summary(record)
				s.findings(record, len(record.Findings), "")
				s.rowOutcomes(rows)
				return nil
			})
		}),
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the run as one JSON document")
	return c
}

// look opens the instance to look at its history.
func (s *session) look(ctx context.Context, do func(*app.App) error) (err error) {
	c, err := s.load()
	if err != nil {
		return err
	}
	a, err := app.OpenHistory(ctx, s.options(c))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return do(a)
}

func (s *session) explainCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "explain FLOW EMPLOYEE",
		Short: "Say why an employee is or is not in the last file, column by column",
		Long: `Say why an employee is or is not in the file of the flow's last run, column by column.
EMPLOYEE is a login, an e-mail address, an employee number or a Lucca id.`,
		Args: cobra.ExactArgs(2),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			return s.look(cmd.Context(), func(a *app.App) error {
				found, err := a.Explain(cmd.Context(), args[0], args[1])
				if err != nil {
					return err
				}
				if asJSON {
					return s.json(found)
				}
				s.explanations(found)
				return nil
			})
		}),
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return c
}

// hint prints a line of advice for a person.
func (s *session) hint(format string, args ...any) {
	fmt.Fprintf(s.stdout, format+"\n", args...)
}
