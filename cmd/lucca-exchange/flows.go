package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
)

func (s *session) flowsCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "flows",
		Short: "Show each flow: how it last went, when it is due, and what is wrong",
		Args:  cobra.NoArgs,
		RunE: command(func(cmd *cobra.Command, _ []string) error {
			return s.look(cmd.Context(), func(a *app.App) error {
				flows, err := a.Flows(cmd.Context())
				if err != nil {
					return err
				}
				if asJSON {
					return s.json(flows)
				}
				s.flows(flows)
				return nil
			})
		}),
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return c
}

// flows shows flows, one a line.
func (s *session) flows(flows []app.FlowState) {
	rows := make([][]string, len(flows))
	for i, f := range flows {
		last, next := "never", "not scheduled"
		if f.Outcome != "" {
			last = f.Outcome + " " + f.LastRun.Format(time.DateTime)
		}
		if !f.Next.IsZero() {
			next = f.Next.Format("Mon 2006-01-02 15:04 MST")
		}
		rows[i] = []string{f.Name, f.Kind, last, next, f.Note}
	}
	s.grid([]string{"flow", "kind", "last", "next", "note"}, rows)
}

func (s *session) cancelCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "cancel RUN",
		Short: "End a run that is at work or waits, in whatever process",
		Args:  cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			return s.decide(cmd, func(a *app.App) error {
				if err := a.Cancel(cmd.Context(), args[0]); err != nil {
					return err
				}
				fmt.Fprintf(s.stdout, "run %s is asked to end\n", args[0])
				return nil
			})
		}),
	}
}
