package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
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

	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/learn"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/tabular"
)

// learnedFlow is what a flow is called that has no name yet.
const learnedFlow = "payroll-users"

// lessonOptions are the flags of learn.
type lessonOptions struct {
	flow    string
	answers []string
	json    bool
}

func (s *session) learnCommand() *cobra.Command {
	var o lessonOptions
	c := &cobra.Command{
		Use:   "learn FILE",
		Short: "Find out how a file of users is written, and print the flow that reads it",
		Long: `Find out how a file of users is written: its encoding, separator and header row, the order of
its dates, and what each column means. Then print the flow that reads it, and what an import
would make of the file. Nothing is changed.

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
	c.Flags().StringArrayVar(&o.answers, "answer", nil, "settle a doubt, such as \"column:Service=department\" (`DOUBT=ANSWER`, repeatable)")
	c.Flags().BoolVar(&o.json, "json", false, "print one JSON document, with the doubts and the flow as YAML")
	return c
}

// pupil is a learn under way.
type pupil struct {
	*session
	// name is that of the file, flow that of the flow, with its tenant.
	name, flow string
	file       *os.File
	config     *config.Config
	input      learn.Input
}

func (s *session) learn(ctx context.Context, name string, o lessonOptions, stdin io.Reader) (err error) {
	p := pupil{session: s, name: name, flow: o.flow, input: learn.Input{Flow: learnedFlow, File: filepath.Base(name)}}
	if p.input.Answers, err = answersOf(o.answers); err != nil {
		return err
	}
	if p.file, err = os.Open(name); err != nil {
		return fmt.Errorf("%w: %w", app.ErrUsage, err)
	}
	defer p.file.Close()
	if o.flow != "" {
		if err := p.meet(ctx); err != nil {
			return err
		}
	}
	lesson, err := p.look(o, stdin)
	if errors.Is(err, learn.ErrAnswer) {
		return fmt.Errorf("%w: %w", app.ErrUsage, err)
	}
	if err != nil {
		return err
	}
	return p.show(ctx, lesson, o)
}

// answersOf takes DOUBT=ANSWER apart, at the last sign: a header may have one.
func answersOf(list []string) (map[string]string, error) {
	answers := make(map[string]string)
	for _, text := range list {
		at := strings.LastIndex(text, "=")
		if at < 1 || at == len(text)-1 {
			return nil, fmt.Errorf("%w: --answer: want DOUBT=ANSWER, such as dates=day", app.ErrUsage)
		}
		answers[text[:at]] = text[at+1:]
	}
	return answers, nil
}

// meet reads the configuration, what it says of the flow, and the employees in Lucca.
func (p *pupil) meet(ctx context.Context) (err error) {
	if p.config, err = p.load(); err != nil {
		return err
	}
	p.input.Flow = path.Base(p.flow)
	if f, ok := p.config.Flows[p.flow]; ok && f.Import != nil {
		p.input.Known = &learn.Section{Policy: f.Import.Policy, Options: f.Import.Options}
	}
	if p.config, err = app.Draft(p.config, p.flow, config.Import{}); err != nil {
		return err
	}
	return p.with(ctx, func(a *app.App) (err error) {
		p.input.People, err = a.People(ctx, p.config.Flows[p.flow].Tenant)
		return err
	})
}

func (p *pupil) with(ctx context.Context, do func(*app.App) error) (err error) {
	a, err := app.OpenToLook(ctx, p.options(p.config))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return do(a)
}

// look learns, and asks a person at a terminal about each doubt: on standard error, so that
// the flow can go into a file.
func (p *pupil) look(o lessonOptions, stdin io.Reader) (learn.Lesson, error) {
	lesson, err := learn.Look(p.file, p.input)
	in, isFile := stdin.(*os.File)
	if err != nil || o.json || !isFile || !isTerminal(in) {
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
		next, err := learn.Look(p.file, learn.Input{Flow: p.input.Flow, File: p.input.File, People: p.input.People, Known: p.input.Known, Answers: answers})
		if errors.Is(err, learn.ErrAnswer) {
			fmt.Fprintln(p.stderr, "That is none of the answers.")
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
	fmt.Fprintf(p.stderr, "\n%s\n", wrapped(d.Question, ""))
	for i, c := range d.Choices {
		fmt.Fprintf(p.stderr, "  %d  %-20s %s\n", i+1, c.Answer, c.Means)
	}
	what := "Number"
	if d.Free {
		what = "Number or another text"
	}
	fmt.Fprintf(p.stderr, "%s, or nothing to leave it open: ", what)
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

// show prints what was learnt, and the first plan where there is a Lucca to compare with.
func (p *pupil) show(ctx context.Context, lesson learn.Lesson, o lessonOptions) error {
	var first *app.Result
	if p.config != nil && !lesson.Trial.Refused {
		result, err := p.plan(ctx, lesson)
		if err != nil {
			return err
		}
		first = &result
	}
	if o.json {
		if err := p.document(lesson, first); err != nil {
			return err
		}
	} else {
		p.lesson(lesson)
		if first != nil {
			fmt.Fprintf(p.stdout, "\nFirst plan\n\n")
			p.planned(*first)
		}
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
func (p *pupil) plan(ctx context.Context, lesson learn.Lesson) (result app.Result, err error) {
	section := config.Import{Policy: lesson.Section.Policy, Options: lesson.Section.Options}
	f := p.config.Flows[p.flow]
	section.Approval, section.Limits, section.Apply = f.Import.Approval, f.Import.Limits, f.Import.Apply
	if p.config, err = app.Draft(p.config, p.flow, section); err != nil {
		return result, err
	}
	err = p.with(ctx, func(a *app.App) (err error) {
		result, err = a.Plan(ctx, p.flow, p.name)
		return err
	})
	return result, err
}

// document prints the lesson, and the plan in it, as one JSON document.
func (p *pupil) document(lesson learn.Lesson, first *app.Result) error {
	var written bytes.Buffer
	if first != nil {
		if err := first.WriteDocument(&written); err != nil {
			return err
		}
	}
	return p.json(struct {
		File string `json:"file"`
		learn.Lesson
		Plan json.RawMessage `json:"plan,omitempty"`
	}{p.input.File, lesson, json.RawMessage(written.Bytes())})
}

// lesson prints what was learnt for a person.
func (p *pupil) lesson(l learn.Lesson) {
	kind := "text (CSV)"
	if l.Kind == tabular.XLSX {
		kind = "an Excel workbook"
	}
	fmt.Fprintf(p.stdout, "%s: %s, %d rows below the header\n\n", p.input.File, kind, l.Rows)
	for _, f := range l.Facts {
		text := f.Value
		if f.Confidence != learn.Certain {
			text += ", " + string(f.Confidence)
		}
		if f.Because != "" {
			text += ": " + f.Because
		}
		p.said(f.Name, text)
	}
	p.learntColumns(l)
	p.doubts(l.Doubts)
	for _, note := range l.Notes {
		fmt.Fprintf(p.stdout, "\n%s\n", wrapped(note, ""))
	}
	what := "The flow; put it into the configuration, and set from: and schedule:"
	if p.input.Known != nil {
		what = "The import section; the other keys of the flow stay as they are:"
	}
	fmt.Fprintf(p.stdout, "\n%s\n\n%s\n", what, l.YAML)
	p.trial(l)
}

// said prints a labelled line, of which the rest goes below its beginning.
func (p *pupil) said(label, text string) {
	const indent = "               "
	fmt.Fprintf(p.stdout, "  %-12s %s\n", label, strings.TrimLeft(wrapped(text, indent), " "))
}

func (p *pupil) learntColumns(l learn.Lesson) {
	wide := 0
	for _, c := range l.Columns {
		wide = max(wide, len([]rune(shorten(c.Header))))
	}
	fmt.Fprintln(p.stdout)
	for _, c := range l.Columns {
		means, why := c.Code, ""
		switch c.Confidence {
		case learn.Likely:
			why = "likely: " + c.Because
		case learn.Unsettled:
			means, why = "?", c.Because
		}
		fmt.Fprintln(p.stdout, strings.TrimRight(fmt.Sprintf("  %-3s %-*s  %-18s %s", c.Column, wide, shorten(c.Header), means, why), " "))
	}
}

func (p *pupil) doubts(doubts []learn.Doubt) {
	if len(doubts) == 0 {
		return
	}
	fmt.Fprintf(p.stdout, "\nIn doubt; answer at a terminal, or with --answer\n")
	for _, d := range doubts {
		fmt.Fprintf(p.stdout, "\n  %s\n", strings.TrimLeft(wrapped(d.Question, "  "), " "))
		answers := d.Choices
		if d.Free {
			answers = append(slices.Clone(answers), learn.Choice{Answer: "…", Means: "what you know"})
		}
		for _, c := range answers {
			fmt.Fprintf(p.stdout, "    --answer %-42s %s\n", shellQuoted(d.ID+"="+c.Answer), c.Means)
		}
	}
}

// shellQuoted puts a text between quotes where a shell would cut it.
func shellQuoted(text string) string {
	if strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:=_-./…") == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// trial says what an import would make of the file.
func (p *pupil) trial(l learn.Lesson) {
	switch t := l.Trial; {
	case t.Refused && len(l.Doubts) > 0:
		fmt.Fprintln(p.stdout, "With this flow the file is refused as long as that is in doubt:")
	case t.Refused:
		fmt.Fprintln(p.stdout, "With this flow the file is refused:")
	case t.Rejected > 0:
		fmt.Fprintf(p.stdout, "With this flow %d rows are read, and %d of them rejected:\n", t.Rows, t.Rejected)
	default:
		fmt.Fprintf(p.stdout, "With this flow %d rows are read.\n", t.Rows)
	}
	p.findings(state.Record{Findings: l.Trial.Findings}, shownFindings, "--json prints them all")
}

// lineWidth is that of a terminal nobody has made wider.
const lineWidth = 80

// wrapped breaks a text into lines of at most lineWidth, each behind an indent.
func wrapped(text, indent string) string {
	var b strings.Builder
	width := lineWidth
	for word := range strings.FieldsSeq(text) {
		n := len([]rune(word))
		switch {
		case b.Len() == 0:
			b.WriteString(indent)
			width = len(indent)
		case width+1+n > lineWidth:
			b.WriteString("\n" + indent)
			width = len(indent)
		default:
			b.WriteByte(' ')
			width++
		}
		b.WriteString(word)
		width += n
	}
	return b.String()
}
