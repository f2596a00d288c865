package main

import (
	"errors"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/show"
	"lucca-exchange/internal/web"
)

func healthCommand(s *cli) *cobra.Command {
	var url string
	c := &cobra.Command{
		Use:   "health",
		Short: "Ask the running daemon whether it is well",
		Long: `Asks the daemon on this machine for /healthz and /readyz. The exit code is 0 when
both answer 200, else 1 with what the daemon says. What somebody has to look at and keeps nothing from
running, such as a notification that could not be sent, is shown too. It is the health check of the
container image, which has no other program.`,
		Args: cobra.NoArgs,
		RunE: command(func(cmd *cobra.Command, _ []string) error {
			probe, err := s.daemon(url)
			if err != nil {
				return err
			}
			remarks, err := probe.Check(cmd.Context())
			if err != nil && (!s.json || !errors.Is(err, web.ErrUnhealthy)) {
				return err
			}
			result := health{Ready: err == nil, Remarks: remarks}
			if err != nil {
				result.Reason = flow.Sentence(err)
			}
			if err := printed(s, result, showHealth); err != nil {
				return err
			}
			if !result.Ready {
				return ended{exitFailed}
			}
			return nil
		}),
	}
	c.Flags().StringVar(&url, "url", "", "`URL` of the daemon; else that of web.listen in the configuration")
	return asDocument(s, c)
}

// health is how a daemon is: Reason is why it is not well, Remarks are what somebody has to look
// at that keeps it from nothing.
type health struct {
	Ready   bool     `json:"ready"`
	Reason  string   `json:"reason,omitempty"`
	Remarks []string `json:"remarks,omitempty"`
}

func showHealth(p show.Page, h health) {
	show.Say(p, "ready")
	for _, line := range h.Remarks {
		show.Say(p, "%s", line)
	}
}

// daemon is the one at a URL, or the one of the configuration.
func (s *cli) daemon(url string) (web.Probe, error) {
	if url != "" {
		return web.Probe{URL: url}, nil
	}
	c, err := s.sealed()
	if err != nil {
		return web.Probe{}, err
	}
	if c.Web == nil {
		return web.Probe{}, fault.Of(run.ErrUsage, "there is no section web in the configuration: name the daemon with --url")
	}
	return c.Web.Probe(), nil
}
