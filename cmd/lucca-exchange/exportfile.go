package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
)

func exportFileCommand(s *cli) *cobra.Command {
	var kind, out string
	var list []string
	for _, k := range inspect.Kinds() {
		list = append(list, string(k))
	}
	kinds := strings.Join(list, ", ")
	c := &cobra.Command{
		Use:   "export-file RUN",
		Short: "Take a file of a run out of the spool: what was sent or read, or its report",
		Long: `Takes a file of a run out of the spool, and writes it into the folder where you are, under
its own name, readable by you alone. It holds names and values, so that whoever takes it is in
the audit. Kinds are ` + kinds + `.`,
		Args: cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			if kind != "" && !slices.Contains(list, kind) {
				return fault.Of(run.ErrUsage, "--kind: want %s, not %q", kinds, kind)
			}
			return s.decide(cmd.Context(), func(a *app.App) error {
				kept, err := a.Acts().Download(cmd.Context(), args[0], inspect.KeptKind(kind), actOf(s, audit.Download))
				if err != nil {
					return err
				}
				return takeOut(s, kept, out)
			})
		}),
	}
	c.Flags().StringVar(&kind, "kind", "", "which `KIND` of file; else what was sent or read")
	c.Flags().StringVarP(&out, "out", "o", "", "write it to this `FILE`; - is standard output")
	return asDocument(s, c)
}

// takenOut is a file that was written.
type takenOut struct {
	Path  string           `json:"path"`
	Kind  inspect.KeptKind `json:"kind"`
	Bytes int64            `json:"bytes"`
}

// takeOut copies a file to a new one, which only its owner reads, or to standard output.
func takeOut(s *cli, kept inspect.KeptFile, out string) (err error) {
	from, err := os.Open(kept.Path)
	if err != nil {
		return fmt.Errorf("read the file: %w", err)
	}
	defer from.Close()
	if out == "-" {
		if _, err := io.Copy(s.stdout, from); err != nil {
			return fmt.Errorf("print the file: %w", err)
		}
		return nil
	}
	if out == "" {
		out = kept.Name
	}
	to, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fault.Of(run.ErrUsage, "there is a file %q already: name another with --out", out)
	}
	if err != nil {
		return fault.Of(run.ErrUsage, "--out: %w", err)
	}
	_, err = io.Copy(to, from)
	if err = errors.Join(err, to.Close()); err != nil {
		return fmt.Errorf("write %q: %w", out, errors.Join(err, os.Remove(out)))
	}
	return answer(s, takenOut{out, kept.Kind, kept.Bytes}, "%s: %s, %d bytes", out, kept.Kind, kept.Bytes)
}
