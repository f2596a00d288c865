package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/web/api"
	"lucca-exchange/internal/web/watch"
	"lucca-exchange/schemas"
)

func schemaCommand(s *cli) *cobra.Command {
	var openAPI bool
	c := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the configuration, for an editor",
		Long: `Prints the JSON Schema of the configuration file. An editor with a YAML language server
completes and checks the file when its first line is

  # yaml-language-server: $schema=lucca-exchange.schema.json

With --openapi it is the OpenAPI document of the daemon's API: see "help api".`,
		Args: cobra.NoArgs,
		RunE: command(func(*cobra.Command, []string) error {
			text := schemas.Config
			if openAPI {
				var err error
				if text, err = api.Document(); err != nil {
					return err
				}
			}
			if _, err := s.stdout.Write(text); err != nil {
				return fmt.Errorf("print schema: %w", err)
			}
			return nil
		}),
	}
	c.Flags().BoolVar(&openAPI, "openapi", false, "print the OpenAPI 3.1 document of the API instead")
	return c
}

func metricsCommand(s *cli) *cobra.Command {
	c := &cobra.Command{
		Use:   "metrics",
		Short: "Print what a monitoring system needs to know of the daemon's metrics",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, part := range []struct{ name, short, text string }{
		{"dashboard", "Print a dashboard to import into Grafana", watch.Dashboard},
		{"rules", "Print alert rules for Prometheus (rule_files)", watch.Rules},
	} {
		c.AddCommand(&cobra.Command{
			Use: part.name, Short: part.short, Args: cobra.NoArgs,
			RunE: command(func(*cobra.Command, []string) error {
				if _, err := fmt.Fprint(s.stdout, part.text); err != nil {
					return fmt.Errorf("print %s: %w", part.name, err)
				}
				return nil
			}),
		})
	}
	return c
}
