package main

import (
	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/fault"
)

func notifyCommand(s *cli) *cobra.Command {
	c := &cobra.Command{
		Use:   "notify",
		Short: "Try whether those who are told of runs can be told",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(&cobra.Command{
		Use:   "test",
		Short: "Send a message to each target under notify:",
		Long: `Sends a message to each target under notify:, whatever it wants to know of, and says which
could be sent. The exit code is 1 when one could not. A dead-man switch is asked for URL/log, which
changes nothing of its check.`,
		Args: cobra.NoArgs,
		RunE: command(func(cmd *cobra.Command, _ []string) error {
			c, err := s.sealed()
			if err != nil {
				return err
			}
			tried, err := app.TestNotifications(cmd.Context(), s.options(c))
			if err != nil {
				return err
			}
			if len(tried) == 0 {
				return fault.Of(app.ErrUsage, "nobody is told of runs: there is no notify: in the configuration; \"help operating\" shows one")
			}
			code := exitDone
			for _, t := range tried {
				if t.Err != nil {
					code = exitFailed
					s.say("FAILED  %s: %s", t.Place, app.Sentence(t.Err))
					continue
				}
				s.say("sent    %s", t.Place)
			}
			if code != exitDone {
				return ended{code}
			}
			return nil
		}),
	})
	return c
}
