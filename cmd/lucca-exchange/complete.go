package main

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web/auth"
)

// completedRuns is how many runs a shell offers, the newest first.
const completedRuns = 40

// completion gives the values that a word of a command may have, each with what it is behind a
// tab. It says nothing of what is wrong: whoever presses Tab has not asked yet.
type completion func(s *cli, cmd *cobra.Command) []string

// completions are by the word that stands for the value in the usage of a command or flag.
func completions() map[string]completion {
	return map[string]completion{
		"FLOW": flowNames, "RUN": runIDs, "OLDER": runIDs, "ID": hireIDs, "PROFILE": profileNames, "PARTNER": profileNames,
		"TOPIC":   func(*cli, *cobra.Command) []string { return topics() },
		"OUTCOME": anyOf(run.Done, run.Nothing, run.Rejections, run.Held, run.Failed, run.Canceled),
		"ROLE":    anyOf(auth.Viewer, auth.Operator, auth.Approver, auth.Admin),
		"LEVEL":   anyOf("debug", "info", "warn", "error"), "FORMAT": anyOf("text", "json"),
	}
}

// complete lets the shell complete the values of a command and of all below it.
func complete(s *cli, c *cobra.Command) {
	known := completions()
	offer := func(word string) func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			return known[word](s, cmd), cobra.ShellCompDirectiveNoFileComp
		}
	}
	words := strings.FieldsFunc(c.Use, func(r rune) bool { return strings.ContainsRune(" []", r) })[1:]
	if c.Runnable() && !slices.Contains(words, "FILE") && !slices.Contains(words, "FOLDER") {
		c.ValidArgsFunction = func(cmd *cobra.Command, args []string, part string) ([]string, cobra.ShellCompDirective) {
			if len(args) >= len(words) || known[words[len(args)]] == nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return offer(words[len(args)])(cmd, args, part)
		}
	}
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if word, _ := pflag.UnquoteUsage(f); known[word] != nil {
			// It is refused only where the flag has one already.
			_ = c.RegisterFlagCompletionFunc(f.Name, offer(word))
		}
	})
	for _, sub := range c.Commands() {
		complete(s, sub)
	}
}

func anyOf[T ~string](values ...T) completion {
	return func(*cli, *cobra.Command) []string {
		texts := make([]string, len(values))
		for i, v := range values {
			texts[i] = string(v)
		}
		return texts
	}
}

func flowNames(s *cli, _ *cobra.Command) []string {
	c := quiet(s)
	if c == nil {
		return nil
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(c.Flows)) {
		f := c.Flows[name]
		names = append(names, name+"\t"+s.said(string(f.Kind())))
	}
	return names
}

// runIDs are those of the last runs; of those that wait for a decision where one is made.
func runIDs(s *cli, cmd *cobra.Command) (ids []string) {
	which := state.Filter{Limit: completedRuns}
	if cmd.Name() == "approve" || cmd.Name() == "reject" {
		which.Outcome = run.Held
	}
	completeFrom(s, cmd, func(ctx context.Context, i inspect.Inspector) error {
		runs, err := i.Runs(ctx, which)
		for _, r := range runs {
			outcome := string(r.Outcome)
			if outcome == "" {
				outcome = "running"
			}
			ids = append(ids, r.ID+"\t"+r.Flow+message.In(s.language(), time.UTC).Colon()+s.said(outcome))
		}
		return err
	})
	return ids
}

func hireIDs(s *cli, cmd *cobra.Command) (ids []string) {
	completeFrom(s, cmd, func(ctx context.Context, i inspect.Inspector) error {
		hires, err := i.Hires(ctx, state.HireFilter{})
		for _, h := range hires {
			ids = append(ids, h.ID+"\t"+h.Flow+": "+s.said(h.State))
		}
		return err
	})
	return ids
}

func profileNames(s *cli, _ *cobra.Command) (names []string) {
	profiles, err := inspect.Profiles(quiet(s))
	if err != nil {
		return nil
	}
	for _, p := range profiles {
		names = append(names, p.Name+"\t"+p.Title)
	}
	return names
}

// quiet is the configuration, or nil where it has a fault.
func quiet(s *cli) *config.Config {
	r := app.Registry()
	r.Sealed = true
	c, _ := config.Load(s.config, r)
	return c
}

// completeFrom completes from the history, and says nothing where that cannot be read.
func completeFrom(s *cli, cmd *cobra.Command, do func(context.Context, inspect.Inspector) error) {
	c := quiet(s)
	if c == nil {
		return
	}
	// What went wrong is said when the command itself is run.
	_ = s.within(cmd.Context(), c, app.OpenToLook, func(a *app.App) error { return do(cmd.Context(), a.Inspect()) })
}
