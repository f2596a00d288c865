package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/web"
)

func (s *session) healthCommand() *cobra.Command {
	var url string
	c := &cobra.Command{
		Use:   "health",
		Short: "Ask the running daemon whether it is well",
		Long: `Asks the daemon on this machine for /healthz and /readyz. The exit code is 0 when
both answer 200, else 1 with what the daemon says. It is the health check of the container
image, which has no other program.`,
		Args: cobra.NoArgs,
		RunE: command(func(cmd *cobra.Command, _ []string) error {
			if err := s.daemon(url).Check(cmd.Context()); err != nil {
				return err
			}
			fmt.Fprintln(s.stdout, "ready")
			return nil
		}),
	}
	c.Flags().StringVar(&url, "url", "", "`URL` of the daemon; else its default, "+web.Config{}.Probe().URL)
	return c
}

// daemon is the one at a URL, or the one on this machine.
func (s *session) daemon(url string) web.Probe {
	if url != "" {
		return web.Probe{URL: url}
	}
	return web.Config{}.Probe()
}
