package main

import (
	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/show"
)

func accessCommand(s *cli) *cobra.Command {
	c := &cobra.Command{
		Use:   "access PERSON",
		Short: "Show all that is kept here about one person, for whoever asks for it (GDPR, article 15)",
		Long: `Shows all that is kept here about one person: how they were called, what each run did with them,
their rows in working files, what an ATS sent of them, and who looked at it. Values of others are not
in it. PERSON is a login, an e-mail address, an employee number, a Lucca id, or a part of a name where
one person has it. What Lucca, the partners and backups keep is theirs to tell. That somebody asked is
in the audit, by a pseudonym.`,
		Args: cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			return s.decide(cmd.Context(), func(a *app.App) error {
				k, err := a.Dossier(cmd.Context())
				if err != nil {
					return err
				}
				d, err := k.Access(cmd.Context(), args[0], actOf(s, audit.Access))
				if err != nil {
					return err
				}
				return printed(s, d, show.Dossier)
			})
		}),
	}
	noted(s, c)
	return asDocument(s, c)
}
