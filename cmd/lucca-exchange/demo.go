package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/config"
)

func (s *session) demoCommand() *cobra.Command {
	var dir string
	var serve bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "Show everything on an invented company: no configuration, no network",
		Long: `Start a stand-in for a Lucca tenant with an invented company and an SFTP server for each
partner, all on this machine, and run one export per partner. What arrived where, and what
was wrong with it, is shown; the folder keeps it all.`,
		Args: cobra.NoArgs,
		RunE: command(func(cmd *cobra.Command, _ []string) error {
			return s.demo(cmd.Context(), dir, serve)
		}),
	}
	c.Flags().StringVar(&dir, "dir", "", "`FOLDER` that keeps everything; a temporary one if left out")
	c.Flags().BoolVar(&serve, "serve", false, "keep the servers up until interrupted")
	return c
}

func (s *session) demo(ctx context.Context, dir string, serve bool) (err error) {
	if dir == "" {
		if dir, err = os.MkdirTemp("", "lucca-exchange-demo-"); err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
	}
	d, err := app.StartDemo(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	fmt.Fprintf(s.stdout, "A Lucca tenant with %d invented people and %d partners' SFTP servers are up on this machine.\n", d.Employees, len(d.Partners))
	c, faults := config.Load(d.Config)
	if c == nil {
		return faults
	}
	example, err := s.runAll(ctx, d, c)
	if err != nil {
		return err
	}
	s.next(d, example)
	if serve {
		s.hint("\nThe servers stay up until you interrupt this command (Ctrl-C).")
		<-ctx.Done()
	}
	return nil
}

// runAll runs each export of the demo and shows it. It returns the flow and the e-mail
// address, the first cell, of somebody in the first file.
func (s *session) runAll(ctx context.Context, d *app.Demo, c *config.Config) (example string, err error) {
	a, err := app.Open(ctx, s.options(c))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	for _, p := range d.Partners {
		result, err := a.Run(ctx, p.Flow, app.RunOptions{})
		if err != nil {
			return "", err
		}
		fmt.Fprintln(s.stdout)
		s.result(result, false)
		if result.Receipt == nil {
			return "", fmt.Errorf("the file of %s did not arrive: %s", p.Flow, result.Run.Reason)
		}
		if example == "" {
			example = p.Flow + " " + result.Preview[1][0]
		}
		s.hint("arrived as %s", filepath.Join(p.Folder, result.Receipt.Name))
	}
	return example, nil
}

// next says what to do after the demo.
func (s *session) next(d *app.Demo, example string) {
	s.hint("\nAll of it is in %s. What to do next:", d.Dir)
	s.hint("  lucca-exchange --config %s runs", d.Config)
	s.hint("  lucca-exchange --config %s explain %s", d.Config, example)
	s.hint("  lucca-exchange init            writes a first configuration for your own tenant")
	s.hint("  lucca-exchange help flows      how a flow works")
}
