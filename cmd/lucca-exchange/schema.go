package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/web/watch"
	"lucca-exchange/schemas"
)

func schemaCommand(s *cli) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the configuration, for an editor",
		Long: `Prints the JSON Schema of the configuration file. An editor with a YAML language server
completes and checks the file when its first line is

  # yaml-language-server: $schema=lucca-exchange.schema.json`,
		Args: cobra.NoArgs,
		RunE: command(func(*cobra.Command, []string) error {
			_, err := s.stdout.Write(schemas.Config)
			if err != nil {
				return fmt.Errorf("print schema: %w", err)
			}
			return nil
		}),
	}
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
