package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/flow"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/learn"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/show"
)

// learnedFlow is what a flow is called that has no name yet.
const learnedFlow = "payroll-users"

// lessonOptions are the flags of learn.
type lessonOptions struct {
	flow    string
	hires   bool
	answers []string
}

func learnCommand(s *cli) *cobra.Command {
	var o lessonOptions
	c := &cobra.Command{
		Use:   "learn FILE",
		Short: "Find out how a file of users is written, and print the flow that reads it",
		Long: `Find out how a file of users is written: its encoding, separator and header row, the order of
its dates, and what each column means. Then print the flow that reads it, and what an import
would make of the file. Nothing is changed. A file in gzip or zip is unpacked; one that is encrypted
needs --flow with the flow whose unwrap: has the key.

What can be read in two ways is never guessed: on a terminal it is asked, elsewhere it is
listed, and answered with --answer. Without --flow nothing but the file is looked at. With it,
the columns are compared with the employees in the Lucca of the configuration, and the first
plan is shown; FLOW is an import of the configuration, or the name of a new one.

The exit code is 0 when nothing is in doubt, 3 when something is or rows would be rejected,
and 1 when the whole file would be refused.`,
		Args: cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			return s.learn(cmd.Context(), args[0], o, cmd.InOrStdin())
		}),
	}
	c.Flags().StringVar(&o.flow, "flow", "", "compare with the Lucca of this `FLOW`, and show the first plan")
	c.Flags().BoolVar(&o.hires, "hires", false, "the file is of candidates that an ATS drops: print the hires flow that reads it")
	c.Flags().StringArrayVar(&o.answers, "answer", nil, "settle a doubt, such as \"column:Service=department\" (`DOUBT=ANSWER`, repeatable)")
	c.Flags().BoolVar(&s.json, "json", false, "print one JSON document, with the doubts and the flow as YAML")
	return c
}

// pupil is a learn under way.
type pupil struct {
	cli *cli
	// name is that of the file, flow that of the flow, with its tenant.
	name, flow string
	file       *os.File
	config     *config.Config
	input      learn.Input
}

func (s *cli) learn(ctx context.Context, name string, o lessonOptions, stdin io.Reader) (err error) {
	p := pupil{cli: s, name: name, flow: o.flow, input: learn.Input{Flow: learnedFlow, File: filepath.Base(name)}}
	if p.input.Answers, err = answersOf(o.answers); err != nil {
		return err
	}
	if p.file, err = os.Open(name); err != nil {
		return fault.Wrap(run.ErrUsage, err)
	}
	defer func() { _ = p.file.Close() }() // it was only read
	switch {
	case o.hires:
		err = p.candidates()
	case o.flow != "":
		err = p.meet(ctx)
	}
	if err != nil {
		return err
	}
	remove, err := p.unpack(ctx)
	defer remove()
	if err != nil {
		return err
	}
	lesson, err := p.learn(stdin)
	if errors.Is(err, learn.ErrAnswer) {
		return fault.Wrap(run.ErrUsage, err)
	}
	if err != nil {
		return err
	}
	return p.conclude(ctx, lesson)
}

// answersOf takes DOUBT=ANSWER apart, at the last sign: a header may have one.
func answersOf(list []string) (map[string]string, error) {
	answers := make(map[string]string)
	for _, text := range list {
		at := strings.LastIndex(text, "=")
		if at < 1 || at == len(text)-1 {
			return nil, fault.Of(run.ErrUsage, "--answer: want DOUBT=ANSWER, such as dates=day")
		}
		answers[text[:at]] = text[at+1:]
	}
	return answers, nil
}

// meet reads the configuration, what it says of the flow, and the employees in Lucca.
func (p *pupil) meet(ctx context.Context) (err error) {
	if p.config, err = p.cli.load(); err != nil {
		return err
	}
	p.input.Flow = path.Base(p.flow)
	if f, ok := p.config.Flows[p.flow]; ok && f.Import != nil {
		p.input.Known = &learn.Section{
			Policy: f.Import.Policy, Options: f.Import.Options, Approval: f.Import.Approval, Limits: f.Import.Limits, Apply: f.Import.Apply,
		}
	}
	if p.config, err = p.config.Draft(p.flow, config.Import{}); err != nil {
		return err
	}
	return p.cli.within(ctx, p.config, app.OpenToLook, func(a *app.App) (err error) {
		p.input.People, err = a.People(ctx, p.config.Flows[p.flow].Tenant)
		return err
	})
}

// learn reads the file, and asks a person at a terminal about each doubt: on standard error, so that
// the flow can go into a file.
func (p *pupil) learn(stdin io.Reader) (learn.Lesson, error) {
	lesson, err := learn.Look(p.file, p.input)
	in, isFile := stdin.(*os.File)
	if err != nil || p.cli.json || !isFile || !show.IsTerminal(in) {
		return lesson, err
	}
	lines, left := bufio.NewReader(in), make(map[string]bool)
	for {
		at := slices.IndexFunc(lesson.Doubts, func(d learn.Doubt) bool { return !left[d.ID] })
		if at < 0 {
			return lesson, nil
		}
		doubt := lesson.Doubts[at]
		answer, err := p.ask(lines, doubt)
		if err != nil {
			return lesson, err
		}
		if answer == "" {
			left[doubt.ID] = true
			continue
		}
		answers := maps.Clone(p.input.Answers)
		answers[doubt.ID] = answer
		again := p.input
		again.Answers = answers
		next, err := learn.Look(p.file, again)
		if errors.Is(err, learn.ErrAnswer) {
			show.Say(p.cli.on(p.cli.stderr), "That is none of the answers.")
			continue
		}
		if err != nil {
			return lesson, err
		}
		lesson, p.input.Answers = next, answers
	}
}

// ask shows a doubt and reads the answer: the number of a choice or a text. It is empty when
// the doubt is left open.
func (p *pupil) ask(in *bufio.Reader, d learn.Doubt) (string, error) {
	show.Question(p.cli.on(p.cli.stderr), d)
	text, err := in.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read answer: %w", err)
	}
	text = strings.TrimSpace(text)
	if n, err := strconv.Atoi(text); err == nil && n >= 1 && n <= len(d.Choices) {
		return d.Choices[n-1].Answer, nil
	}
	return text, nil
}

// conclude prints what was learnt, and the first plan where there is a Lucca to compare with.
func (p *pupil) conclude(ctx context.Context, lesson learn.Lesson) error {
	var first *flow.Report
	if p.config != nil && !lesson.Trial.Refused {
		result, err := p.plan(ctx, lesson)
		if err != nil {
			return err
		}
		first = &result
	}
	learnt := show.Learnt{File: p.input.File, Lesson: lesson, Known: p.input.Known != nil}
	if p.cli.json && first != nil {
		var written bytes.Buffer
		if err := first.WriteDocument(&written); err != nil {
			return err
		}
		learnt.Plan = written.Bytes()
	}
	if err := printed(p.cli, learnt, show.Lesson); err != nil {
		return err
	}
	if first != nil && !p.cli.json {
		p.cli.say("\nFirst plan\n")
		show.Plan(p.cli.page(), *first)
	}
	switch {
	case lesson.Trial.Refused && len(lesson.Doubts) == 0:
		return ended{exitFailed}
	case !lesson.Settled() || first != nil && first.Run.Rows != nil && first.Run.Rows.Rejected > 0:
		return ended{run.Rejections.ExitCode()}
	default:
		return nil
	}
}

// plan makes the plan that an import with what was learnt would make.
func (p *pupil) plan(ctx context.Context, lesson learn.Lesson) (result flow.Report, err error) {
	section := config.Import{Policy: lesson.Section.Policy, Options: lesson.Section.Options}
	f := p.config.Flows[p.flow]
	section.Approval, section.Limits, section.Apply = f.Import.Approval, f.Import.Limits, f.Import.Apply
	if p.config, err = p.config.Draft(p.flow, section); err != nil {
		return result, err
	}
	f = p.config.Flows[p.flow]
	f.Unwrap = nil // the file is a plain one by now
	p.config.Flows[p.flow] = f
	err = p.cli.within(ctx, p.config, app.OpenToLook, func(a *app.App) (err error) {
		result, err = a.Plan(ctx, p.flow, p.name)
		return err
	})
	return result, err
}
