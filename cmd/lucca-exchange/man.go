package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// manCommand writes the manual pages that the packages hold: one of section 1 for each
// command, one of section 7 for each topic of the guide, of the texts that help shows.
func manCommand(root *cobra.Command) *cobra.Command {
	var day string
	c := &cobra.Command{
		Use:    "man FOLDER",
		Short:  "Write the manual pages into a folder",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: command(func(_ *cobra.Command, args []string) error {
			at, err := time.Parse(time.DateOnly, day)
			if err != nil {
				return fmt.Errorf("--date: %w", err)
			}
			root.DisableAutoGenTag = true // it names the tool, and the day on which the page was made
			header := &doc.GenManHeader{Section: "1", Source: "lucca-exchange", Manual: "lucca-exchange", Date: &at}
			if err := doc.GenManTree(root, header, args[0]); err != nil {
				return fmt.Errorf("write manual pages: %w", err)
			}
			if err := finishPages(args[0]); err != nil {
				return fmt.Errorf("write manual pages: %w", err)
			}
			for _, topic := range topics() {
				text, err := guide.ReadFile("help/" + topic + ".txt")
				if err != nil {
					return fmt.Errorf("read topic: %w", err)
				}
				path := filepath.Join(args[0], "lucca-exchange-"+topic+".7")
				if err := os.WriteFile(path, topicPage(topic, text, at), 0o644); err != nil { //nolint:gosec // a manual page is for everybody
					return fmt.Errorf("write manual page: %w", err)
				}
			}
			return nil
		}),
	}
	c.Flags().StringVar(&day, "date", time.Now().Format(time.DateOnly), "`DAY` that the pages name")
	return c
}

// finishPages keeps names whole, which the tool would break at a hyphen, and names the topics of the
// guide on the first page.
func finishPages(folder string) error {
	pages, err := filepath.Glob(filepath.Join(folder, "*.1"))
	if err != nil {
		return err
	}
	for _, path := range pages {
		page, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		title, rest, _ := strings.Cut(string(page), "\n.SH NAME\n")
		text := title + "\n.nh\n.ad l\n.SH NAME\n" + rest
		if filepath.Base(path) == "lucca-exchange.1" {
			var also strings.Builder
			for _, topic := range topics() {
				fmt.Fprintf(&also, ", \\fBlucca-exchange-%s(7)\\fP", strings.ReplaceAll(topic, "-", `\-`))
			}
			text = strings.TrimRight(text, "\n") + also.String() + "\n"
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // a manual page is for everybody
			return err
		}
	}
	return nil
}

// topicPage is a topic as it is, line by line, in the language of man(7).
func topicPage(topic string, text []byte, at time.Time) []byte {
	title, rest, _ := strings.Cut(string(text), "\n")
	var b bytes.Buffer
	fmt.Fprintf(&b, ".TH \"LUCCA-EXCHANGE-%s\" \"7\" \"%s\" \"lucca-exchange\" \"lucca-exchange\"\n.SH NAME\nlucca-exchange-%s \\- the guide of lucca-exchange: %s\n.SH GUIDE\n.nf\n",
		strings.ToUpper(topic), at.Format("Jan 2006"), topic, strings.ToLower(title))
	for line := range strings.Lines(strings.TrimLeft(rest, "\n")) {
		line = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(line)
		if strings.HasPrefix(line, ".") {
			line = `\&` + line
		}
		b.WriteString(line)
	}
	b.WriteString(".fi\n")
	return b.Bytes()
}
