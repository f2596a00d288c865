package main

import (
	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
)

func (s *session) initCommand() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:   "init",
		Short: "Write a commented first configuration",
		Args:  cobra.NoArgs,
		RunE: command(func(*cobra.Command, []string) error {
			configuration, key, err := app.Init(dir)
			if err != nil {
				return err
			}
			s.hint("wrote %s and %s", configuration, key)
			s.hint("next: put your tenant's address into the first and its API key into the second, then run")
			s.hint("  lucca-exchange --config %s check --connect", configuration)
			return nil
		}),
	}
	c.Flags().StringVar(&dir, "dir", ".", "`FOLDER` to write into")
	return c
}
