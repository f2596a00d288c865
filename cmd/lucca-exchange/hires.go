package main

import (
	"context"
	"strconv"
	"strings"

	"lucca-exchange/internal/flow/hires"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/acts"
	"lucca-exchange/internal/app"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/show"
	"lucca-exchange/internal/state"
)

func hiresCommand(s *cli) *cobra.Command {
	var flow string
	c := &cobra.Command{
		Use:   "hires",
		Short: "Show the recruited candidates, and what became of each",
		Args:  cobra.NoArgs,
		RunE: command(func(cmd *cobra.Command, _ []string) error {
			return s.withHistory(cmd.Context(), func(a *app.App) error {
				hires, err := a.Inspect().Hires(cmd.Context(), state.HireFilter{Flow: flow})
				if err != nil {
					return err
				}
				return printed(s, hires, show.Hires)
			})
		}),
	}
	c.Flags().StringVar(&flow, "flow", "", "only the hires of one `FLOW`")
	asDocument(s, c)
	c.AddCommand(
		hireDecision(s, "retry ID", "Have the next run deal with a hire again; a held one is then created", acts.Acts.RetryHire),
		hireDecision(s, "drop ID", "Forget a hire: nobody is created for it", acts.Acts.DropHire),
		linkHire(s), fillHire(s),
	)
	return c
}

// hireDecision is a command that decides on one hire.
func hireDecision(s *cli, use, short string, decide func(acts.Acts, context.Context, hires.Decision) (inspect.Hire, error)) *cobra.Command {
	return decideHire(s, &cobra.Command{Use: use, Short: short, Args: cobra.ExactArgs(1)},
		func(ctx context.Context, a acts.Acts, d hires.Decision, _ []string) (inspect.Hire, error) {
			return decide(a, ctx, d)
		})
}

// linkHire is a command that says who a hire is.
func linkHire(s *cli) *cobra.Command {
	return decideHire(s, &cobra.Command{Use: "link ID EMPLOYEE", Short: "Say which employee a hire is, by Lucca's id: nobody is created for it", Args: cobra.ExactArgs(2)},
		func(ctx context.Context, a acts.Acts, d hires.Decision, args []string) (inspect.Hire, error) {
			id, err := strconv.Atoi(args[0])
			if err != nil {
				return inspect.Hire{}, fault.Of(run.ErrUsage, "want Lucca's id of the employee: the number at the end of their page's address")
			}
			return a.LinkHire(ctx, d, id)
		})
}

// fillHire is a command that completes a hire.
func fillHire(s *cli) *cobra.Command {
	return decideHire(s, &cobra.Command{
		Use: "fill ID FIELD=VALUE...", Short: "Fill in what a hire lacks or has wrong; the next run deals with it again", Args: cobra.MinimumNArgs(2),
		Long: "Fill in what a hire lacks or has wrong; the next run of its flow deals with it again.\nThe fields are " + strings.Join(hire.Fields(), ", ") + ".",
	}, func(ctx context.Context, a acts.Acts, d hires.Decision, args []string) (inspect.Hire, error) {
		fill := hire.Fill{}
		for _, arg := range args {
			field, value, ok := strings.Cut(arg, "=")
			if !ok {
				return inspect.Hire{}, fault.Of(run.ErrUsage, "want FIELD=VALUE, such as department=Sales")
			}
			fill[field] = value
		}
		return a.FillHire(ctx, d, fill)
	})
}

// decideHire has a command decide on the hire that its first argument names.
func decideHire(s *cli, c *cobra.Command, decide func(ctx context.Context, a acts.Acts, d hires.Decision, args []string) (inspect.Hire, error)) *cobra.Command {
	c.RunE = command(func(cmd *cobra.Command, args []string) error {
		return s.decide(cmd.Context(), func(a *app.App) error {
			by := actOf(s, "")
			h, err := decide(cmd.Context(), a.Acts(), hires.Decision{ID: args[0], By: by}, args[1:])
			if err != nil {
				return err
			}
			return answer(s, h, "hire %s of %s is %s", h.ID, h.Flow, h.State)
		})
	})
	noted(s, c)
	return asDocument(s, c)
}
