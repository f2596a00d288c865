package main

import (
	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/show"
)

func notifyCommand(s *cli) *cobra.Command {
	c := &cobra.Command{
		Use:   "notify",
		Short: "Try whether those who are told of runs can be told",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(notifyTestCommand(s))
	return c
}

// sentTo is what a target under notify got.
type sentTo struct {
	Target string `json:"target"`
	Sent   bool   `json:"sent"`
	Reason string `json:"reason,omitempty"`
}

func notifyTestCommand(s *cli) *cobra.Command {
	return asDocument(s, &cobra.Command{
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
				return fault.Of(run.ErrUsage, "nobody is told of runs: there is no notify: in the configuration; \"help operating\" shows one")
			}
			list, code := make([]sentTo, len(tried)), exitDone
			for i, t := range tried {
				list[i] = sentTo{Target: t.Place, Sent: t.Err == nil}
				if t.Err != nil {
					list[i].Reason, code = flow.Sentence(t.Err), exitFailed
				}
			}
			if err := printed(s, list, showSent); err != nil {
				return err
			}
			if code != exitDone {
				return ended{code}
			}
			return nil
		}),
	})
}

func showSent(p show.Page, list []sentTo) {
	for _, t := range list {
		if t.Sent {
			show.Say(p, "sent    %s", t.Target)
			continue
		}
		show.Say(p, "FAILED  %s: %s", t.Target, t.Reason)
	}
}
