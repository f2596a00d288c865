package main

import (
	"embed"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/run"
)

// guide is the user guide, one file per topic; below it the topics in other languages than English.
//
//go:embed help/*.txt help/*/*.txt
var guide embed.FS

// helpCommand shows a topic of the user guide, or the help of a command.
func helpCommand(s *cli, root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [TOPIC]",
		Short: "Read the user guide, or about a command: " + strings.Join(topics(), ", "),
		RunE: command(func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				if text, err := topic(args[0], s.language()); err == nil {
					_, err := s.stdout.Write(text)
					return err
				}
			}
			about, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return fault.Of(run.ErrUsage, "no topic or command %q: the topics are %s", strings.Join(args, " "), strings.Join(topics(), ", "))
			}
			return about.Help()
		}),
	}
}

// topic is the text of a topic in a language; each topic has one in all.
func topic(name string, l message.Language) ([]byte, error) {
	if l == message.English {
		return guide.ReadFile("help/" + name + ".txt")
	}
	text, err := guide.ReadFile("help/" + string(l) + "/" + name + ".txt")
	return []byte(message.Typeset(l, string(text))), err
}

func topics() []string {
	files, err := fs.Glob(guide, "help/*.txt")
	if err != nil {
		return nil // the pattern is constant and valid
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(strings.TrimPrefix(f, "help/"), ".txt")
	}
	return files
}
