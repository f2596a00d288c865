package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lucca-exchange/internal/flow"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/demo"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/show"
)

func profilesTryCommand(s *cli) *cobra.Command {
	return &cobra.Command{
		Use:   "try PROFILE",
		Short: "Show three people of an invented company in a file of a built-in profile or your own schema",
		Long: `Make a file of a built-in profile, or of a schema of your own (a path that ends in .json), with
all its columns, of an invented company on this machine: no configuration, no network. Shown are
three people, the first lines of the file as a partner gets it, and what was found. Custom fields
are made up, with a value each.`,
		Args: cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error { return try(cmd.Context(), s, args[0]) }),
	}
}

func try(ctx context.Context, s *cli, schema string) (err error) {
	needs, err := inspect.ProfileNeeds(schema)
	if err != nil {
		return err
	}
	name := schema
	if strings.HasSuffix(schema, ".json") {
		if name, err = filepath.Abs(schema); err != nil {
			return fmt.Errorf("find schema: %w", err)
		}
	}
	dir, err := os.MkdirTemp("", "lucca-exchange-try-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	trial := demo.Trial{
		Dir: dir, Schema: name, Columns: needs.Columns, Extensions: needs.Extensions,
		Codes: needs.Codes, Samples: needs.Samples, Values: needs.Values, Levels: needs.Levels,
	}
	file, stop, err := trial.Serve(ctx)
	if stop != nil {
		defer func() { err = errors.Join(err, stop()) }()
	}
	if err != nil {
		return err
	}
	result, err := tried(ctx, s, schema, file)
	if err != nil {
		return err
	}
	show.Tried(s.page(), result, firstLines(filepath.Join(dir, demo.TrialFile), needs))
	if result.Run.Outcome == run.Rejections {
		return nil // the invented company has people of whom something is missing
	}
	return outcome(result.Run)
}

// tried runs the flow of a trial of a schema, whose configuration is the file.
func tried(ctx context.Context, s *cli, schema, file string) (result flow.Report, err error) {
	c, faults := config.Load(file, app.Registry())
	if c == nil {
		return result, triedFaults(schema, faults)
	}
	o := s.options(c)
	o.Progress = func(run.Progress) {}
	a, err := app.Open(ctx, o)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return a.Run(ctx, demo.TrialFlow, app.RunOptions{})
}

// triedFaults are those of the schema: the configuration is none that anybody has seen.
func triedFaults(schema string, faults config.Faults) error {
	var of config.Faults
	for _, f := range faults {
		if f = (config.Fault{File: schema, Message: f.Message, Warning: f.Warning}); !f.Warning && !slices.Contains(of, f) {
			of = append(of, f)
		}
	}
	return of
}

// firstLines are the first four lines of a text file, as the partner reads them; none of another
// kind of file.
func firstLines(path string, of inspect.TrialNeeds) []string {
	b, err := os.ReadFile(path)
	if err != nil || bytes.IndexByte(b, 0) >= 0 {
		return nil
	}
	text, err := io.ReadAll(of.Dialect.Text(bytes.NewReader(b)))
	if err != nil {
		return nil
	}
	lines := strings.SplitN(string(text), "\n", 5)
	return lines[:min(len(lines), 4)]
}
