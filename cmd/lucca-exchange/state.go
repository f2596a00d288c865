package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/show"
	"lucca-exchange/internal/state"
)

func stateCommand(s *cli) *cobra.Command {
	c := &cobra.Command{
		Use:   "state",
		Short: "Move the state to another database",
		Args:  cobra.NoArgs,
	}
	c.AddCommand(moveCommand(s))
	return c
}

func moveCommand(s *cli) *cobra.Command {
	c := &cobra.Command{
		Use:   "move TO",
		Short: "Move the state between SQLite and PostgreSQL, with all that is in it",
		Long: `Copies the whole state into TO, which is sqlite:PATH or postgres://user@host/database and has to be
empty; the password is in PGPASSFILE or PGPASSWORD. Every daemon has to be stopped. Everything is
there or nothing: rows and their sums are compared before it is final, and what was cut off is begun
again. Afterwards the old state is refused: write TO under state in the configuration.`,
		Args: cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			c, err := s.sealed()
			if err != nil {
				return err
			}
			to, err := stateName(args[0])
			if err != nil {
				return err
			}
			m, err := state.Move(cmd.Context(), c.State, to, actOf(s, audit.Move))
			switch {
			case errors.Is(err, state.ErrInUse), errors.Is(err, state.ErrNotEmpty), errors.Is(err, state.ErrMoved):
				return fault.Of(run.ErrUsage, "%v", err)
			case errors.Is(err, fs.ErrNotExist):
				return fault.Of(run.ErrUsage, "there is no state to move yet: no flow has run. Write %s under state in the configuration", to)
			case err != nil:
				return err
			}
			return printed(s, movedTo{to, m}, showMoved)
		}),
	}
	return asDocument(s, c)
}

// movedTo is what state move says.
type movedTo struct {
	State string `json:"state"`
	state.Moved
}

// stateName is where a state is to be, with the path of a file from the root.
func stateName(name string) (string, error) {
	path, file := strings.CutPrefix(name, "sqlite:")
	if !file || path == "" {
		if strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://") {
			return name, nil
		}
		return "", fault.Of(run.ErrUsage, "TO: want sqlite:PATH or postgres://user@host/database")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find %q: %w", path, err)
	}
	return "sqlite:" + abs, nil
}

func showMoved(p show.Page, m movedTo) {
	fmt.Fprintf(p, "the state is in %s: %d rows of %d tables, %d runs among them, each compared.\nWrite that under state in the configuration, then start the daemon; the old state is refused from now on\n",
		m.State, m.Rows, m.Tables, m.Runs)
}
