package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/lmittmann/tint"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/config"
)

// session is what the commands share: the global flags and where output goes.
type session struct {
	stdout, stderr io.Writer

	config    string
	logLevel  slog.Level
	logFormat string
}

func newRoot(stdout, stderr io.Writer) *cobra.Command {
	s := &session{stdout: stdout, stderr: stderr}
	root := &cobra.Command{
		Use:   "lucca-exchange",
		Short: "Exchange employee files between Lucca and the services around it",
		Long: `lucca-exchange reads the employees of a Lucca tenant and puts the file that each
training partner expects on that partner's server: whole, once, and told by the cell
what is wrong in it. It applies user files to Lucca by a plan that can be seen, held and
approved, and makes employees of candidates who were recruited.

Begin with "lucca-exchange demo", which needs nothing, or "lucca-exchange init".`,
		SilenceUsage: true, SilenceErrors: true,
		PersistentPreRunE: func(*cobra.Command, []string) error { return s.validate() },
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	flags := root.PersistentFlags()
	flags.StringVar(&s.config, "config", defaultConfig(), "configuration `FILE`; else $LUCCA_EXCHANGE_CONFIG")
	flags.TextVar(&s.logLevel, "log-level", slog.LevelWarn, "`LEVEL` of the log on standard error: debug, info, warn or error")
	flags.StringVar(&s.logFormat, "log-format", "text", "`FORMAT` of the log: text or json")
	root.AddCommand(
		s.demoCommand(), s.initCommand(), s.checkCommand(), s.runCommand(), s.planCommand(), s.learnCommand(), s.serveCommand(), s.flowsCommand(), s.cancelCommand(), s.hiresCommand(), s.approveCommand(), s.rejectCommand(),
		s.runsCommand(), s.explainCommand(), s.profilesCommand(), s.hostkeyCommand(), s.sandboxCommand(), s.unitCommand(), s.healthCommand(), s.versionCommand(),
	)
	root.SetHelpCommand(s.helpCommand(root))
	return root
}

func defaultConfig() string {
	if path := os.Getenv("LUCCA_EXCHANGE_CONFIG"); path != "" {
		return path
	}
	return "./lucca-exchange.yaml"
}

func (s *session) validate() error {
	if s.logFormat != "text" && s.logFormat != "json" {
		return fmt.Errorf("--log-format: want text or json, not %q", s.logFormat)
	}
	return nil
}

func (s *session) logger() *slog.Logger {
	if s.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(s.stderr, &slog.HandlerOptions{Level: s.logLevel}))
	}
	return slog.New(tint.NewTextHandler(s.stderr, &tint.Options{Level: s.logLevel, NoColor: !isTerminal(s.stderr)}))
}

// isTerminal reports whether a person may be looking.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// load reads the configuration, and shows its warnings.
func (s *session) load() (*config.Config, error) {
	c, faults := config.Load(s.config, app.Registry())
	if c == nil {
		return nil, faults
	}
	for _, f := range faults {
		fmt.Fprintln(s.stderr, f)
	}
	return c, nil
}

// options are those of an instance for one command.
func (s *session) options(c *config.Config) app.Options {
	return app.Options{Config: c, Logger: s.logger(), Version: version().Version, Progress: progress(s.stderr)}
}

// command makes the function of a command one whose errors are not about its arguments.
func command(run func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := run(cmd, args); err != nil {
			return performed{err}
		}
		return nil
	}
}
