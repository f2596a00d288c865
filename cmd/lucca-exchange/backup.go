package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

func backupCommand(s *cli) *cobra.Command {
	return asDocument(s, &cobra.Command{
		Use:   "backup FILE",
		Short: "Write the state into a file, also while the daemon is at work",
		Long: `Writes the state as it is at one instant into a new FILE, whole and checked, also while the
daemon is at work. A copy of the state's file itself lacks what was written last. A state in
PostgreSQL is backed up by pg_dump.`,
		Args: cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			c, err := s.sealed()
			if err != nil {
				return err
			}
			err = state.Backup(cmd.Context(), c.State, args[0])
			switch {
			case errors.Is(err, state.ErrServer), errors.Is(err, state.ErrThere):
				return fault.Of(run.ErrUsage, "%v", err)
			case errors.Is(err, fs.ErrNotExist):
				if _, missing := os.Stat(filepath.Dir(args[0])); missing != nil {
					return fault.Of(run.ErrUsage, "%v", missing)
				}
				return fault.Of(run.ErrUsage, "there is no state to back up yet: no flow has run")
			case err != nil:
				return err
			}
			info, err := os.Stat(args[0])
			if err != nil {
				return fmt.Errorf("look at the backup: %w", err)
			}
			if err := answer(s, backedUp{args[0], info.Size()}, "%s: the state, whole and checked, %d bytes", args[0], info.Size()); err != nil {
				return err
			}
			return s.decide(cmd.Context(), func(a *app.App) error { return a.Record(cmd.Context(), actOf(s, audit.Backup)) })
		}),
	})
}

// backedUp is a backup that was written.
type backedUp struct {
	File  string `json:"file"`
	Bytes int64  `json:"bytes"`
}

// restored is a backup that was put back.
type restored struct {
	File  string `json:"file"`
	State string `json:"state"`
}

func restoreCommand(s *cli) *cobra.Command {
	var incomplete bool
	restore := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a backup of the state back where there is none",
		Long: `Puts a FILE that backup made back, after it was checked, and never over a state that is there.
What came after the backup is not known any more: runs that were held in it cannot be approved, and
the first run of each flow that would change Lucca is held, so that nothing is done twice. A copy of
the state's file itself lacks what was written last: where there is no backup, it is put back with
--incomplete.`,
		Args: cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			c, err := s.sealed()
			if err != nil {
				return err
			}
			err = state.Restore(cmd.Context(), c.State, args[0], incomplete, actOf(s, audit.Restore))
			path := strings.TrimPrefix(c.State, "sqlite:")
			switch {
			case errors.Is(err, state.ErrThere):
				return fault.Of(run.ErrUsage, "there is a state in %s, which is never written over: stop the daemon, and move it away with the files whose names begin alike (%s*)", path, path)
			case errors.Is(err, state.ErrServer), errors.Is(err, state.ErrLoneFile), errors.Is(err, fs.ErrNotExist):
				return fault.Of(run.ErrUsage, "%v", err)
			case err != nil:
				return err
			}
			return answer(s, restored{args[0], c.State}, "the state of %s is in %s: what came after it is not known, so that the first run\nof each flow that would change Lucca is held, and what was held then cannot be approved", args[0], path)
		}),
	}
	restore.Flags().BoolVar(&incomplete, "incomplete", false, "also take a copy of the state's file itself, made while it was in use")
	return asDocument(s, restore)
}
