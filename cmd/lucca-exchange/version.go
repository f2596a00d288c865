package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// build is what is known of this binary.
type build struct{ Version, Commit string }

// version reads what the Go tool stamped into the binary.
func version() build {
	b := build{Version: "devel", Commit: "unknown"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		b.Version = v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			b.Commit = s.Value
		}
	}
	return b
}

func versionCommand(s *cli) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print version, commit and Go version",
		Args:  cobra.NoArgs,
		RunE: command(func(*cobra.Command, []string) error {
			b := version()
			fmt.Fprintf(s.stdout, "lucca-exchange %s\ncommit %s\n%s\n", b.Version, b.Commit, runtime.Version())
			return nil
		}),
	}
}
