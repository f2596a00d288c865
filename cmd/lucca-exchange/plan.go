package main

import (
	"context"
	"errors"
	"os"
	"regexp"

	"lucca-exchange/internal/flow"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/show"
)

func planCommand(s *cli) *cobra.Command {
	var file, out string
	c := &cobra.Command{
		Use:   "plan FLOW|RUN",
		Short: "Show what an import would do; nothing is changed",
		Long: `Show what an import would do to whom, and what of it would be held. Nothing is changed,
and a file on the remote stays where it is. Of a RUN, show the plan that it held or applied.`,
		Args: cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			return s.with(cmd.Context(), s.load, app.OpenToLook, func(a *app.App) error {
				if _, flow := a.Inspect().Config.Flows[args[0]]; !flow && partOfRun.MatchString(args[0]) {
					if file != "" || out != "" {
						return fault.Of(run.ErrUsage, "--file and --out are for flows, and %s is a run", args[0])
					}
					return keptPlan(cmd.Context(), s, a, args[0])
				}
				r, err := a.Plan(cmd.Context(), args[0], file)
				if err != nil {
					return err
				}
				if out != "" {
					if err := writePlan(out, r); err != nil {
						return err
					}
				}
				if !s.json {
					show.Plan(s.page(), r)
				} else if err := r.WriteDocument(s.stdout); err != nil {
					return err
				}
				return outcome(r.Run)
			})
		}),
	}
	c.Flags().StringVar(&file, "file", "", "plan this local `FILE` instead of the one on the remote")
	c.Flags().StringVar(&out, "out", "", "write the plan as JSON into a `FILE` too")
	c.Flags().BoolVar(&s.json, "json", false, "print the plan as one JSON document")
	return c
}

// partOfRun is what an id of a run, or a beginning or end of one, looks like.
var partOfRun = regexp.MustCompile(`^[0-9a-f]+(-[0-9a-f]*)*$`)

// keptPlan shows the plan of a run, as the console and the API do.
func keptPlan(ctx context.Context, s *cli, a *app.App, id string) error {
	v, err := a.Inspect().PlanOf(ctx, id)
	if err != nil {
		return err
	}
	return printed(s, v, show.KeptPlan)
}

// writePlan writes the document of a plan into a file that only its owner reads: it names
// people.
func writePlan(path string, r flow.Report) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fault.Of(run.ErrUsage, "--out: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return r.WriteDocument(f)
}
