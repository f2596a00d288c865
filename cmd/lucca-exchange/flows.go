package main

import (
	"time"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/show"
)

func flowsCommand(s *cli) *cobra.Command {
	c := &cobra.Command{
		Use:   "flows",
		Short: "Show each flow: how it last went, when it is due, and what is wrong",
		Args:  cobra.NoArgs,
		RunE: command(func(cmd *cobra.Command, _ []string) error {
			return s.withHistory(cmd.Context(), func(a *app.App) error {
				flows, err := a.Inspect().Flows(cmd.Context(), time.Now())
				if err != nil {
					return err
				}
				daemons, err := inspect.Daemons(cmd.Context(), a.Inspect())
				if err != nil {
					return err
				}
				return printed(s, show.Overview{Daemons: daemons, Flows: flows}, show.Flows)
			})
		}),
	}
	return asDocument(s, c)
}

func cancelCommand(s *cli) *cobra.Command {
	c := &cobra.Command{
		Use:   "cancel RUN",
		Short: "End a run that is at work or waits, in whatever process",
		Args:  cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			return s.decide(cmd.Context(), func(a *app.App) error {
				record, err := a.Acts().Cancel(cmd.Context(), args[0], actOf(s, audit.Cancel))
				if err != nil {
					return err
				}
				return answer(s, record, "run %s is asked to end", args[0])
			})
		}),
	}
	noted(s, c)
	return asDocument(s, c)
}
