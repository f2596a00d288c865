package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/run"
)

func (s *session) planCommand() *cobra.Command {
	var file, out string
	var asJSON bool
	c := &cobra.Command{
		Use:   "plan FLOW",
		Short: "Show what an import would do; nothing is changed",
		Long: `Show what an import would do to whom, and what of it would be held. Nothing is changed,
and a file on the remote stays where it is.`,
		Args: cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			return s.plan(cmd.Context(), args[0], file, func(r app.Result) error {
				if out != "" {
					if err := writePlan(out, r); err != nil {
						return err
					}
				}
				if asJSON {
					return r.WriteDocument(s.stdout)
				}
				s.planned(r)
				return nil
			})
		}),
	}
	c.Flags().StringVar(&file, "file", "", "plan this local `FILE` instead of the one on the remote")
	c.Flags().StringVar(&out, "out", "", "write the plan as JSON into a `FILE` too")
	c.Flags().BoolVar(&asJSON, "json", false, "print the plan as one JSON document")
	return c
}

func (s *session) plan(ctx context.Context, flow, file string, show func(app.Result) error) (err error) {
	c, err := s.load()
	if err != nil {
		return err
	}
	a, err := app.OpenToLook(ctx, s.options(c))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	result, err := a.Plan(ctx, flow, file)
	if err != nil {
		return err
	}
	if err := show(result); err != nil {
		return err
	}
	return outcome(result.Run)
}

// writePlan writes the document of a plan into a file that only its owner reads: it names
// people.
func writePlan(path string, r app.Result) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("%w: --out: %w", app.ErrUsage, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return r.WriteDocument(f)
}

// planned shows a plan: what would be done to whom, then how the run would end.
func (s *session) planned(r app.Result) {
	if r.Plan != nil {
		s.diff(r)
		fmt.Fprintln(s.stdout)
	}
	s.summary(r.Run)
	s.findings(r.Run, shownFindings, "--json prints them all")
	s.line("changed", "nothing: this is a plan")
	if r.Run.Outcome == run.Held {
		s.hint("\nrun would hold it until somebody approves it.")
	}
}

// diff shows what a plan does to whom.
func (s *session) diff(r app.Result) {
	if err := r.Plan.WriteText(s.stdout); err != nil {
		fmt.Fprintln(s.stderr, err)
	}
}
