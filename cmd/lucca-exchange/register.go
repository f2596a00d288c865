package main

import (
	"github.com/spf13/cobra"

	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/show"
)

func registerCommand(s *cli) *cobra.Command {
	return asDocument(s, &cobra.Command{
		Use:   "register",
		Short: "Print what the register of processing activities (GDPR, article 30) needs of the flows",
		Long: `Prints, as Markdown in your language, what the configuration knows of the entry that a company
keeps in its register of processing activities (GDPR, article 30): for each flow what it is for,
which fields are read and set, who gets them, and how that is protected; and for how long things
are kept. What only the company knows is listed to be filled in. It asks nobody and reads no secret.`,
		Args: cobra.NoArgs,
		RunE: command(func(*cobra.Command, []string) error {
			c, err := s.sealed()
			if err != nil {
				return err
			}
			return printed(s, inspect.RegisterOf(c), show.Register)
		}),
	})
}
