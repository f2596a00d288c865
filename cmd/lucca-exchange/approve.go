package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/show"
)

func approveCommand(s *cli) *cobra.Command {
	return &cobra.Command{
		Use:   "approve RUN",
		Short: "Release a held run: exactly the held file, once",
		Args:  cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			return s.decide(cmd.Context(), func(a *app.App) error {
				result, err := a.Approve(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				show.Run(s.stdout, show.Ran{Result: result})
				return outcome(result.Run)
			})
		}),
	}
}

func rejectCommand(s *cli) *cobra.Command {
	return &cobra.Command{
		Use:   "reject RUN",
		Short: "Drop a held run: its file is never sent",
		Args:  cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			return s.decide(cmd.Context(), func(a *app.App) error {
				record, err := a.Reject(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				fmt.Fprintf(s.stdout, "run %s of %s is dropped: nothing was sent\n", record.ID, record.Flow)
				return nil
			})
		}),
	}
}
