package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

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
		root.SetUsageTemplate(usage)
		translate(s, c)
		for _, sub := range c.Commands() {
			sub.Short = s.said(sub.Short)
		}
		help(c, args)
	})
}

// translate tells what a command and its options are for.
func translate(s *cli, c *cobra.Command) {
	c.Short, c.Long = s.said(c.Short), s.said(c.Long)
	c.InitDefaultHelpFlag()
	told := func(f *pflag.Flag) { f.Usage = s.said(f.Usage) }
	c.LocalFlags().VisitAll(told)
	c.InheritedFlags().VisitAll(told)
}
