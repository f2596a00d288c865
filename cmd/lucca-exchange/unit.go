package main

import (
	_ "embed"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/show"
)

// unitText is a unit of systemd; see systemd.service(5), systemd.exec(5).
//
//go:embed lucca-exchange.service.tmpl
var unitText string

func unitCommand(s *cli) *cobra.Command {
	return &cobra.Command{
		Use:   "unit",
		Short: "Print a hardened systemd unit for serve",
		Long: `Prints a systemd unit that runs "serve" with this program and this --config:

  lucca-exchange --config /etc/lucca-exchange/lucca-exchange.yaml unit \
    > /etc/systemd/system/lucca-exchange.service

What is left to do is in the comments of the unit.`,
		Args: cobra.NoArgs,
		RunE: command(func(*cobra.Command, []string) error {
			program, err := os.Executable()
			if err != nil {
				return fmt.Errorf("find this program: %w", err)
			}
			config, err := filepath.Abs(s.config)
			if err != nil {
				return fmt.Errorf("find %q: %w", s.config, err)
			}
			for _, path := range []string{program, config} {
				if hidden(path) {
					show.Say(s.on(s.stderr), "%s: the unit does not see home and temporary folders: move it, such as to /usr/local/bin or /etc", path)
				}
			}
			return writeUnit(s.stdout, program, config)
		}),
	}
}

// writeUnit writes the unit for a program and a configuration, both absolute paths.
func writeUnit(w io.Writer, program, config string) error {
	t, err := template.New("unit").Option("missingkey=error").Parse(unitText)
	if err != nil {
		return fmt.Errorf("read unit: %w", err)
	}
	err = t.Execute(w, map[string]string{"Program": unitWord(program), "Config": unitWord(config)})
	if err != nil {
		return fmt.Errorf("write unit: %w", err)
	}
	return nil
}

// unitWord quotes a word of a command line as systemd.service(5) and systemd.syntax(7)
// want it: % and $ are doubled, and the rest is in C's escapes within quotes.
func unitWord(word string) string {
	escaped := strings.NewReplacer("%", "%%", "$", "$$", `\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(word)
	if escaped == word && !strings.ContainsAny(word, " ';") {
		return word
	}
	return `"` + escaped + `"`
}

// hidden tells whether ProtectHome= or PrivateTmp= hides a path.
func hidden(path string) bool {
	for _, dir := range []string{"/home/", "/root/", "/run/user/", "/tmp/", "/var/tmp/"} {
		if strings.HasPrefix(path, dir) {
			return true
		}
	}
	return false
}
