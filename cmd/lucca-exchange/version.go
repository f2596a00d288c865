package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/show"
)

// build is what is known of this binary.
type build struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Go      string `json:"go"`
}

// version reads what the Go tool stamped into the binary.
func version() build {
	b := build{Version: "devel", Commit: "unknown", Go: runtime.Version()}
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
	return asDocument(s, &cobra.Command{
		Use:   "version",
		Short: "Print version, commit and Go version",
		Args:  cobra.NoArgs,
		RunE: command(func(*cobra.Command, []string) error {
			return printed(s, version(), func(p show.Page, b build) {
				fmt.Fprintf(p, "lucca-exchange %s\ncommit %s\n%s\n", b.Version, b.Commit, b.Go)
			})
		}),
	})
}
