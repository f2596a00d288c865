package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/show"
)

func hostkeyCommand(s *cli) *cobra.Command {
	return asDocument(s, &cobra.Command{
		Use:   "hostkey HOST[:PORT]",
		Short: "Print the keys of an SFTP server, ready to paste into host_keys",
		Args:  cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			keys, err := app.HostKeys(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			err = printed(s, keys, func(p show.Page, keys []app.HostKey) {
				for _, k := range keys {
					fmt.Fprintf(p, "%s %s\n", k.Fingerprint, k.Type)
				}
			})
			if err != nil {
				return err
			}
			show.Say(s.on(s.stderr), "%s", "Compare them with what the partner tells you by another way, such as the telephone: "+
				"whoever stands between you and the server can show keys of their own.")
			return nil
		}),
	})
}
