package main

import (
	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/web"
)

func healthCommand(s *cli) *cobra.Command {
	var url string
	c := &cobra.Command{
		Use:   "health",
		Short: "Ask the running daemon whether it is well",
		Long: `Asks the daemon on this machine for /healthz and /readyz. The exit code is 0 when
both answer 200, else 1 with what the daemon says. It is the health check of the container
image, which has no other program.`,
		Args: cobra.NoArgs,
		RunE: command(func(cmd *cobra.Command, _ []string) error {
			probe, err := s.daemon(url)
			if err != nil {
				return err
			}
			if err := probe.Check(cmd.Context()); err != nil {
				return err
			}
			s.say("ready")
			return nil
		}),
	}
	c.Flags().StringVar(&url, "url", "", "`URL` of the daemon; else that of web.listen in the configuration")
	return c
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
		return web.Probe{}, fault.Of(app.ErrUsage, "there is no section web in the configuration: name the daemon with --url")
	}
	return c.Web.Probe(), nil
}
