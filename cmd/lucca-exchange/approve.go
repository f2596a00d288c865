package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
)

func (s *session) approveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "approve RUN",
		Short: "Release a held run: exactly the held file, once",
		Args:  cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			return s.decide(cmd, func(a *app.App) error {
				result, err := a.Approve(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				s.result(result, false)
				return outcome(result.Run)
			})
		}),
	}
}

func (s *session) rejectCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "reject RUN",
		Short: "Drop a held run: its file is never sent",
		Args:  cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			return s.decide(cmd, func(a *app.App) error {
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

// decide opens the instance for a decision on a held run.
func (s *session) decide(cmd *cobra.Command, do func(*app.App) error) (err error) {
	c, err := s.load()
	if err != nil {
		return err
	}
	a, err := app.Open(cmd.Context(), s.options(c))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return do(a)
}
