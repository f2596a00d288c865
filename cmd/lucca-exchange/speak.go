package main

import (
	"bytes"
	"cmp"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"lucca-exchange/internal/message"
	"lucca-exchange/internal/show"
)

// voice is where the output of commands goes, and how: in whose language and zone.
type voice struct {
	stdout, stderr io.Writer
	// lang is the language of --lang; else that of the environment counts, or configured, which is
	// that of the configuration once it is read.
	lang, configured message.Language
	// zone is that of the configuration, once it is read.
	zone *time.Location
}

// page is where a command shows what it found.
func (v *voice) page() show.Page { return v.on(v.stdout) }

// on is a page of an output, in the language and the zone of the command.
func (v *voice) on(w io.Writer) show.Page { return show.On(w, v.zone).In(v.language()) }

// language is that of whoever reads what the command says.
func (v *voice) language() message.Language {
	return cmp.Or(v.lang, message.Of(os.Getenv), v.configured, message.English)
}

// say writes a line to the standard output.
func (v *voice) say(format string, args ...any) { show.Say(v.page(), format, args...) }

// said tells a text in the language of the command.
func (v *voice) said(english string) string { return message.In(v.language(), time.UTC).Said(english) }

// hear takes the language that --lang asks for before the arguments are understood, so that what is
// wrong with them is said in it, and what a shell is offered.
func (v *voice) hear(root *cobra.Command, args []string) {
	for i, arg := range args {
		value, is := strings.CutPrefix(arg, "--lang=")
		if arg == "--lang" && i+1 < len(args) {
			value, is = args[i+1], true
		}
		if l, err := message.Parse(value); is && err == nil {
			v.lang = l
		}
	}
	if len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || slices.Contains(args, cobra.ShellCompRequestCmd)) {
		root.InitDefaultHelpCmd()
		root.InitDefaultCompletionCmd()
		tell(v, root)
	}
}

// tell tells what a command and all below it are for, as a shell shows them.
func tell(v *voice, c *cobra.Command) {
	c.Short = v.said(c.Short)
	told := func(f *pflag.Flag) { f.Usage = v.said(f.Usage) }
	c.LocalFlags().VisitAll(told)
	for _, sub := range c.Commands() {
		tell(v, sub)
	}
}

// headings are the words of a command's help that the library writes.
var headings = []string{
	"Usage:", "Aliases:", "Examples:", "Available Commands:", "Global Flags:", "Flags:", "Additional help topics:",
}

// speak has the help of every command in the language that is asked for: by then the flags are
// parsed. The names of commands and options are the same in all languages.
func speak(s *cli, root *cobra.Command) {
	help, usage := root.HelpFunc(), root.UsageTemplate()
	root.SetHelpFunc(func(c *cobra.Command, args []string) {
		for _, heading := range headings {
			usage = strings.ReplaceAll(usage, heading, s.said(heading))
		}
		const more = "for more information about a command."
		usage = strings.ReplaceAll(usage, `Use "{{.CommandPath}} [command] --help" `+more, s.said(`Use "{{.CommandPath}} [command] --help" `+more))
		width := s.page().Width
		root.SetUsageTemplate(usage)
		translate(s, c)
		c.Long = filled(c.Long, width)
		for _, sub := range c.Commands() {
			sub.Short = s.said(sub.Short)
		}
		var text bytes.Buffer
		out := c.OutOrStdout()
		c.SetOut(&text)
		help(c, args)
		c.SetOut(out)
		// What cannot be written has no other place to be said.
		said := beforeUsage.ReplaceAllStringFunc(borrowed.ReplaceAllStringFunc(text.String(), s.said), aligned)
		if width > 0 {
			said = ansi.Wordwrap(option.ReplaceAllStringFunc(said, func(line string) string { return hung(line, width) }), width, "")
		}
		_, _ = io.WriteString(out, said)
	})
}

// borrowed are the words of a usage line and of an option's default that the library writes where no
// template reaches.
var borrowed = regexp.MustCompile(`\[flags\]|\[command\]|\(default [^()]*\)`)

// beforeUsage is an option with what it takes, up to what is said of it.
var beforeUsage = regexp.MustCompile(`(?m)^ {2,}(-\w, )?--[^ \n]+( [^ \n]+)? {3,}`)

// option is one with what is said of it.
var option = regexp.MustCompile(beforeUsage.String() + `.*$`)

// hung has what is said of an option in a column of its own. The library, which would do so, does it
// before its words are in the reader's language.
func hung(line string, width int) string {
	at := beforeUsage.FindStringIndex(line)[1]
	indent := ansi.StringWidth(line[:at])
	return line[:at] + strings.ReplaceAll(ansi.Wordwrap(line[at:], max(width-indent, 20), ""), "\n", "\n"+strings.Repeat(" ", indent))
}

// aligned adds the blanks that the library, which counts bytes, leaves out behind letters with accents.
func aligned(option string) string {
	return option + strings.Repeat(" ", len(option)-ansi.StringWidth(option))
}

// filled has the lines of each paragraph anew where they are too long for a width; those with
// indented lines are no text. Width 0 leaves all as it is.
func filled(text string, width int) string {
	paragraphs := strings.Split(text, "\n\n")
	for i, p := range paragraphs {
		long := slices.ContainsFunc(strings.Split(p, "\n"), func(line string) bool { return ansi.StringWidth(line) > width })
		if width > 0 && long && !strings.Contains(p, "\n ") && !strings.HasPrefix(p, " ") {
			paragraphs[i] = ansi.Wordwrap(strings.ReplaceAll(p, "\n", " "), width, "")
		}
	}
	return strings.Join(paragraphs, "\n\n")
}

// translate tells what a command and its options are for.
func translate(s *cli, c *cobra.Command) {
	c.Short, c.Long = s.said(c.Short), s.said(c.Long)
	c.InitDefaultHelpFlag()
	told := func(f *pflag.Flag) { f.Usage = s.said(f.Usage) }
	c.LocalFlags().VisitAll(told)
	c.InheritedFlags().VisitAll(told)
}
