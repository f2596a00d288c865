package main

import (
	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/show"
)

func auditCommand(s *cli) *cobra.Command {
	var limit int
	c := &cobra.Command{
		Use:   "audit",
		Short: "Show who did what: approvals, rejections, tokens, and what was done in the console",
		Args:  cobra.NoArgs,
		RunE: command(func(cmd *cobra.Command, _ []string) error {
			if limit < 1 {
				return fault.Of(run.ErrUsage, "--limit: want at least 1")
			}
			return s.withHistory(cmd.Context(), func(a *app.App) error {
				lines, err := a.Acts().Latest(cmd.Context(), limit)
				if err != nil {
					return err
				}
				return printed(s, lines, show.Acts)
			})
		}),
	}
	c.Flags().IntVar(&limit, "limit", 50, "at most so many `LINES`, the newest first")
	asDocument(s, c)
	c.AddCommand(verifyCommand(s))
	return c
}

func verifyCommand(s *cli) *cobra.Command {
	var kept []string
	c := &cobra.Command{
		Use:   "verify",
		Short: "Go through the audit: was a line changed, removed or moved?",
		Long: `Goes through the audit, each line of which is chained to the one before, and prints its
anchor: the number and the hash of the last line. Keep anchors elsewhere, such as in a mail:
with --anchor they show also whether lines are gone from the end.`,
		Args: cobra.NoArgs,
		RunE: command(func(cmd *cobra.Command, _ []string) error {
			anchors := make([]audit.Anchor, len(kept))
			for i, text := range kept {
				var err error
				if anchors[i], err = audit.ParseAnchor(text); err != nil {
					return fault.Of(run.ErrUsage, "--anchor: %w", err)
				}
			}
			return s.withHistory(cmd.Context(), func(a *app.App) error {
				anchor, err := a.Acts().Verify(cmd.Context(), anchors...)
				if err != nil {
					return err
				}
				return printed(s, anchor, show.Anchor)
			})
		}),
	}
	c.Flags().StringArrayVar(&kept, "anchor", nil, "an `ANCHOR` that was printed earlier; may be given several times")
	return asDocument(s, c)
}
