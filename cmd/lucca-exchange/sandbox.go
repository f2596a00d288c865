package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
)

func (s *session) sandboxCommand() *cobra.Command {
	var employees int
	var listen string
	c := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve a stand-in for a Lucca tenant with an invented company",
		Long: `Serve a stand-in for a Lucca tenant, with an invented company, until it is interrupted: for
trials without a tenant. It answers as Lucca does, its limit of 50 requests a minute
included: API v3 and v4 to the API key, the Lucca API (v5) to the OAuth client. POST /_sandbox/faults makes it fail on purpose.`,
		Args: cobra.NoArgs,
		RunE: command(func(cmd *cobra.Command, _ []string) error {
			if employees < app.SandboxMinimum {
				return fmt.Errorf("%w: --employees: want at least %d, so that each special case is there", app.ErrUsage, app.SandboxMinimum)
			}
			return app.ServeSandbox(cmd.Context(), listen, employees, func(url string) {
				fmt.Fprintf(s.stdout, "url: %s\napi_key: %s\nclient_id: %s\nclient_secret: %s\ntoken_url: %s%s\n",
					url, app.SandboxKey, app.SandboxClientID, app.SandboxClientSecret, url, app.SandboxTokenPath)
			})
		}),
	}
	c.Flags().IntVar(&employees, "employees", 300, "`NUMBER` of people in the company, former ones included")
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:8480", "`ADDRESS` to listen on")
	return c
}
