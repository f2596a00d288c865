package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/show"
	"lucca-exchange/internal/web/auth"
)

func tokenCommand(s *cli) *cobra.Command {
	c := &cobra.Command{
		Use:   "token",
		Short: "Make, list and revoke the tokens with which programs ask the daemon",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(createTokenCommand(s), listTokensCommand(s), revokeTokenCommand(s))
	return c
}

func createTokenCommand(s *cli) *cobra.Command {
	var role, until string
	var flows []string
	c := &cobra.Command{
		Use:   "create NAME",
		Short: "Make a token, and print it this once",
		Long: `Makes a token and prints it: only its hash is kept, so that nobody can print it again. A
program sends it as "Authorization: Bearer TOKEN".`,
		Args: cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(auth.Roles(), auth.Role(role)) {
				return fault.Of(run.ErrUsage, "--role: want viewer, operator, approver or admin")
			}
			end, err := time.ParseInLocation(time.DateOnly, until, time.Local)
			if err != nil || !end.After(time.Now()) {
				return fault.Of(run.ErrUsage, "--until: want the day on which it ends, after today, such as %s", time.Now().AddDate(1, 0, 0).Format(time.DateOnly))
			}
			return s.decide(cmd.Context(), func(a *app.App) error {
				text, err := a.Acts().CreateToken(cmd.Context(), args[0], auth.Grant{Role: auth.Role(role), Flows: flows}, end)
				if err != nil {
					return err
				}
				made := madeToken{Name: args[0], Token: text, Role: auth.Role(role), Flows: flows, Expires: end}
				return printed(s, made, func(p show.Page, t madeToken) { fmt.Fprintln(p, t.Token) })
			})
		}),
	}
	c.Flags().StringVar(&role, "role", string(auth.Viewer), "its `ROLE`, what it may do: viewer, operator, approver or admin")
	c.Flags().StringSliceVar(&flows, "flow", nil, "only in this `FLOW`; may be given several times")
	c.Flags().StringVar(&until, "until", time.Now().AddDate(0, 3, 0).Format(time.DateOnly), "the `DAY` on which it ends")
	return asDocument(s, c)
}

// madeToken is a new token with its text, which is shown this once.
type madeToken struct {
	Name    string    `json:"name"`
	Token   string    `json:"token"`
	Role    auth.Role `json:"role"`
	Flows   []string  `json:"flows,omitempty"`
	Expires time.Time `json:"expires_at"`
}

func listTokensCommand(s *cli) *cobra.Command {
	c := &cobra.Command{
		Use:   "list",
		Short: "List the tokens, without their secrets",
		Args:  cobra.NoArgs,
		RunE: command(func(cmd *cobra.Command, _ []string) error {
			return s.withHistory(cmd.Context(), func(a *app.App) error {
				tokens, err := a.Acts().Tokens(cmd.Context())
				if err != nil {
					return err
				}
				return printed(s, tokens, show.Tokens)
			})
		}),
	}
	return asDocument(s, c)
}

func revokeTokenCommand(s *cli) *cobra.Command {
	return asDocument(s, &cobra.Command{
		Use:   "revoke NAME",
		Short: "Revoke a token: it lets nobody in any more",
		Args:  cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			return s.decide(cmd.Context(), func(a *app.App) error {
				if err := a.Acts().RevokeToken(cmd.Context(), args[0]); err != nil {
					return err
				}
				return answer(s, map[string]string{"name": args[0]}, "token %s is revoked", args[0])
			})
		}),
	})
}
