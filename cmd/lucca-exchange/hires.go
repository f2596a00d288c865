package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/acts"
	"lucca-exchange/internal/app"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/show"
)

func hiresCommand(s *cli) *cobra.Command {
	var flow string
	var asJSON bool
	c := &cobra.Command{
		Use:   "hires",
		Short: "Show the recruited candidates, and what became of each",
		Args:  cobra.NoArgs,
		RunE: command(func(cmd *cobra.Command, _ []string) error {
			return s.look(cmd.Context(), func(a *app.App) error {
				hires, err := a.Inspect().Hires(cmd.Context(), flow)
				if err != nil {
					return err
				}
				return printed(s, asJSON, hires, show.Hires)
			})
		}),
	}
	c.Flags().StringVar(&flow, "flow", "", "only the hires of one `FLOW`")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	c.AddCommand(
		s.hireDecision("retry ID", "Have the next run deal with a hire again; a held one is then created", acts.Acts.RetryHire),
		s.hireDecision("drop ID", "Forget a hire: nobody is created for it", acts.Acts.DropHire),
	)
	return c
}

// hireDecision is a command that decides on one hire.
func (s *cli) hireDecision(use, short string, decide func(acts.Acts, context.Context, app.HireDecision) (inspect.Hire, error)) *cobra.Command {
	var note string
	c := &cobra.Command{
		Use: use, Short: short,
		Args: cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			return s.decide(cmd.Context(), func(a *app.App) error {
				by := app.Act("")
				by.Note = note
				h, err := decide(a.Acts(), cmd.Context(), app.HireDecision{ID: args[0], By: by})
				if err != nil {
					return err
				}
				fmt.Fprintf(s.stdout, "hire %s of %s is %s\n", h.ID, h.Flow, h.State)
				return nil
			})
		}),
	}
	c.Flags().StringVar(&note, "note", "", "a `TEXT` for the record")
	return c
}
