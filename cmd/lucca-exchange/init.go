package main

import (
	"github.com/spf13/cobra"

	"lucca-exchange/internal/show"
	"lucca-exchange/internal/starter"
)

func initCommand(s *cli) *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:   "init",
		Short: "Write a commented first configuration",
		Args:  cobra.NoArgs,
		RunE: command(func(*cobra.Command, []string) error {
			configuration, key, err := starter.Write(dir)
			if err != nil {
				return err
			}
			show.Say(s.stdout, "wrote %s and %s", configuration, key)
			show.Say(s.stdout, "next: put your tenant's address into the first and its API key into the second, then run")
			show.Say(s.stdout, "  lucca-exchange --config %s check --connect", configuration)
			return nil
		}),
	}
	c.Flags().StringVar(&dir, "dir", ".", "`FOLDER` to write into")
	return c
}
