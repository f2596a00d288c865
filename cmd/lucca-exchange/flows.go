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
	var asJSON bool
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
				return printed(s, asJSON, show.Overview{Daemons: daemons, Flows: flows}, show.Flows)
			})
		}),
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return c
}

func cancelCommand(s *cli) *cobra.Command {
	var note string
	var asJSON bool
	c := &cobra.Command{
		Use:   "cancel RUN",
		Short: "End a run that is at work or waits, in whatever process",
		Args:  cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			return s.decide(cmd.Context(), func(a *app.App) error {
				by := app.Act(audit.Cancel)
				by.Note = note
				record, err := a.Acts().Cancel(cmd.Context(), args[0], by)
				if err != nil {
					return err
				}
				return answer(s, asJSON, record, "run %s is asked to end", args[0])
			})
		}),
	}
	c.Flags().StringVar(&note, "note", "", "a `TEXT` for the record")
	return asDocument(c, &asJSON)
}
