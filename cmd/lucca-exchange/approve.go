package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/show"
	"lucca-exchange/internal/state"
)

func approveCommand(s *cli) *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use:   "approve RUN",
		Short: "Release a held run: exactly the held file, once",
		Long: `Release a held run: exactly the held file goes to the partner, or exactly the held plan to
Lucca, once. At a terminal it shows in short what would be done, and asks. Who approved, and the
note, are in the audit. Where the flow has approvals: 2, another person has to approve too: exit 4.`,
		Args: cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			return s.decide(cmd.Context(), func(a *app.App) error {
				if ok, err := s.confirmed(cmd.Context(), a, args[0], yes, "Approve it?"); err != nil || !ok {
					return err
				}
				result, err := a.Acts().Approve(cmd.Context(), args[0], actOf(s, audit.Approve))
				first := errors.Is(err, state.ErrSecond) && !errors.Is(err, run.ErrUsage)
				if err != nil && !first {
					return err
				}
				shown := show.Ran{Report: result, Link: a.Inspect().Page(result.Run.Run)}
				if first && !s.json {
					s.say("%s", err)
				} else if err := printed(s, shown, show.Run); err != nil {
					return err
				}
				return outcome(result.Run)
			})
		}),
	}
	noted(s, c)
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return asDocument(s, c)
}

func rejectCommand(s *cli) *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use:   "reject RUN",
		Short: "Drop a held run: its file is never sent",
		Args:  cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			return s.decide(cmd.Context(), func(a *app.App) error {
				if ok, err := s.confirmed(cmd.Context(), a, args[0], yes, "Drop it?"); err != nil || !ok {
					return err
				}
				record, err := a.Acts().Reject(cmd.Context(), args[0], actOf(s, audit.Reject))
				if err != nil {
					return err
				}
				return answer(s, record, "run %s of %s is dropped: nothing was sent", record.ID, record.Flow)
			})
		}),
	}
	noted(s, c)
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return asDocument(s, c)
}

// shortDifference is how many people of each kind are shown before the question.
const shortDifference = 10

// confirmed shows a held run and asks, where a person sits at the terminal.
func (s *cli) confirmed(ctx context.Context, a *app.App, id string, yes bool, question string) (bool, error) {
	if yes || !show.IsTerminal(os.Stdin) || !show.IsTerminal(s.stderr) {
		return true, nil
	}
	record, err := a.Inspect().Run(ctx, id)
	if err != nil {
		return false, err
	}
	page := s.on(s.stderr)
	show.Summary(page, record)
	if record.Kind == run.Export {
		d, err := a.Inspect().Diff(ctx, inspect.Files{Flow: record.Flow, Run: record.ID})
		switch {
		case err == nil:
			fmt.Fprintf(s.stderr, "\n%s\n", s.said("What it would change at the partner:"))
			show.Difference(page, d.Short(shortDifference))
		case !errors.Is(err, run.ErrUsage): // there is none before the first file
			return false, err
		}
	}
	fmt.Fprintf(s.stderr, "\n%s [y/N] ", s.said(question))
	answer, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil {
		return false, fmt.Errorf("read answer: %w", err)
	}
	if word := strings.ToLower(strings.TrimSpace(answer)); word != "y" && word != "yes" {
		show.Say(s.on(s.stderr), "nothing was done")
		return false, nil
	}
	return true, nil
}
