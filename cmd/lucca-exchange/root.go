package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/lmittmann/tint"
	"github.com/spf13/cobra"

	"lucca-exchange/internal/acts"
	"lucca-exchange/internal/app"
	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/show"
	"lucca-exchange/internal/step"
)

// cli is what the commands share: the global flags and where output goes.
type cli struct {
	// tracer is told of runs; untraced is why it is not, where that was asked for.
	tracer   step.Tracer
	untraced error
	voice

	config    string
	logLevel  slog.Level
	logFormat string
	// json says that the command prints a document; note is why it does what it does, for the audit.
	json bool
	note string
}

func newRoot(stdout, stderr io.Writer) (*cli, *cobra.Command) {
	s := &cli{voice: voice{stdout: stdout, stderr: stderr}}
	root := &cobra.Command{
		Use:   "lucca-exchange",
		Short: "Exchange employee files between Lucca and the services around it",
		Long: `lucca-exchange reads the employees of a Lucca tenant and puts the file that each
training partner expects on that partner's server: whole, once, and told by the cell
what is wrong in it. It applies user files to Lucca by a plan that can be seen, held and
approved, and makes employees of candidates who were recruited.

Begin with "lucca-exchange demo", which needs nothing, or "lucca-exchange init".`,
		SilenceUsage: true, SilenceErrors: true,
		PersistentPreRunE: func(*cobra.Command, []string) error { return checkFormat(s.logFormat) },
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	flags := root.PersistentFlags()
	flags.StringVar(&s.config, "config", defaultConfig(), "configuration `FILE`; else $LUCCA_EXCHANGE_CONFIG")
	flags.TextVar(&s.logLevel, "log-level", slog.LevelWarn, "`LEVEL` of the log on standard error: debug, info, warn or error")
	flags.TextVar(&s.lang, "lang", message.Language(""), "in a `LANGUAGE`: en, fr or de; else that of LC_ALL or LANG, or of the configuration")
	flags.StringVar(&s.logFormat, "log-format", "text", "`FORMAT` of the log: text or json")
	root.AddCommand(
		demoCommand(s), initCommand(s), checkCommand(s), runCommand(s), planCommand(s), learnCommand(s), serveCommand(s), flowsCommand(s), cancelCommand(s), pauseCommand(s), resumeCommand(s), resendCommand(s), exportFileCommand(s), notifyCommand(s), backupCommand(s), restoreCommand(s), stateCommand(s), hiresCommand(s), approveCommand(s), rejectCommand(s),
		runsCommand(s), explainCommand(s), personCommand(s), diffCommand(s), profilesCommand(s), hostkeyCommand(s), sandboxCommand(s), unitCommand(s), healthCommand(s),
		auditCommand(s), registerCommand(s), tokenCommand(s), schemaCommand(s), metricsCommand(s), versionCommand(s),
	)
	root.AddCommand(manCommand(root))
	help := helpCommand(s, root)
	root.SetHelpCommand(help)
	complete(s, root)
	complete(s, help)
	speak(s, root)
	return s, root
}

func defaultConfig() string {
	if path := os.Getenv("LUCCA_EXCHANGE_CONFIG"); path != "" {
		return path
	}
	return "./lucca-exchange.yaml"
}

func checkFormat(log string) error {
	if log != "text" && log != "json" {
		return fmt.Errorf("--log-format: want text or json, not %q", log)
	}
	return nil
}

func (s *cli) logger() *slog.Logger {
	if s.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(s.stderr, &slog.HandlerOptions{Level: s.logLevel}))
	}
	return slog.New(tint.NewTextHandler(s.stderr, &tint.Options{Level: s.logLevel, NoColor: !show.IsTerminal(s.stderr)}))
}

// load reads the configuration, and shows its warnings.
func (s *cli) load() (*config.Config, error) { return loaded(s, app.Registry()) }

// sealed is load without its secrets, for a command that uses none by itself.
func (s *cli) sealed() (*config.Config, error) {
	r := app.Registry()
	r.Sealed = true
	return loaded(s, r)
}

func loaded(s *cli, r config.Registry) (*config.Config, error) {
	c, faults := config.Load(s.config, r)
	if c == nil {
		return nil, faults
	}
	s.zone, s.configured = c.Zone(), c.Language
	for _, f := range faults {
		if s.logFormat == "json" {
			s.logger().Warn("config.doubted", "err", fmt.Sprint(f))
			continue
		}
		show.Faults(s.on(s.stderr), config.Faults{f})
	}
	return c, nil
}

// options are those of an instance for one command.
func (s *cli) options(c *config.Config) app.Options {
	if s.untraced != nil {
		s.logger().Warn("traces.off", "err", s.untraced)
	}
	return app.Options{Config: c, Logger: s.logger(), Version: version().Version, Progress: show.Progress(s.stderr, s.said), Tracer: s.tracer}
}

// withHistory opens the instance to look at its history.
func (s *cli) withHistory(ctx context.Context, do func(*app.App) error) error {
	return s.with(ctx, s.sealed, app.OpenHistory, do)
}

// decide opens the instance to run something, or to decide on a run or a hire.
func (s *cli) decide(ctx context.Context, do func(*app.App) error) error {
	return s.with(ctx, s.sealed, app.Open, do)
}

// with opens the instance of the configuration, and closes it afterwards.
func (s *cli) with(ctx context.Context, load func() (*config.Config, error), open func(context.Context, app.Options) (*app.App, error), do func(*app.App) error) error {
	c, err := load()
	if err != nil {
		return err
	}
	return s.within(ctx, c, open, do)
}

// within opens the instance of a configuration that is read already, and closes it afterwards.
func (s *cli) within(ctx context.Context, c *config.Config, open func(context.Context, app.Options) (*app.App, error), do func(*app.App) error) (err error) {
	a, err := open(ctx, s.options(c))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return do(a)
}

// printed writes a value as JSON, or for a person.
func printed[T any](s *cli, v T, text func(show.Page, T)) error {
	if s.json {
		return show.JSON(s.stdout, v)
	}
	text(s.page(), v)
	return nil
}

// asDocument gives a command the option to print JSON.
func asDocument(s *cli, c *cobra.Command) *cobra.Command {
	c.Flags().BoolVar(&s.json, "json", false, "print one JSON document")
	return c
}

// noted gives a command the option to say why.
func noted(s *cli, c *cobra.Command) {
	c.Flags().StringVar(&s.note, "note", "", "a `TEXT` for the record")
}

// actOf is the beginning of a line of the audit about what the command does.
func actOf(s *cli, what audit.Act) audit.Entry {
	by := acts.By(what)
	by.Note = s.note
	return by
}

// answer writes a value as JSON, or a sentence for a person.
func answer[T any](s *cli, v T, format string, args ...any) error {
	return printed(s, v, func(p show.Page, _ T) { show.Say(p, format, args...) })
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
