package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/config"
)

// checked is the JSON document of check.
type checked struct {
	OK     bool           `json:"ok"`
	Faults []config.Fault `json:"faults"`
	Probes []app.Probe    `json:"connections,omitempty"`
}

func (s *session) checkCommand() *cobra.Command {
	var connect, asJSON bool
	c := &cobra.Command{
		Use:   "check",
		Short: "Check the configuration: all faults at once, each with its place",
		Long: `Check the configuration: all faults at once, each with file, line and path.

With --connect, also try Lucca (the key and its rights), each remote (host key, login, list,
and a small file written, renamed and removed where a flow writes) and Flatchr (the key and
the columns that mean hired), and look for the defaults of flows in Lucca, one line each.`,
		Args: cobra.NoArgs,
		RunE: command(func(cmd *cobra.Command, _ []string) error {
			configuration, faults := config.Load(s.config, app.Registry())
			result := checked{OK: configuration != nil, Faults: append([]config.Fault{}, faults...)}
			if configuration != nil && connect {
				result.Probes = app.Connect(cmd.Context(), configuration, s.logger(), version().Version)
				result.OK = !slices.ContainsFunc(result.Probes, func(p app.Probe) bool { return !p.OK })
			}
			if asJSON {
				if err := s.json(result); err != nil {
					return err
				}
			} else {
				s.checked(result, configuration)
			}
			switch {
			case configuration == nil:
				return ended{exitUsage}
			case !result.OK:
				return ended{exitFailed}
			}
			return nil
		}),
	}
	c.Flags().BoolVar(&connect, "connect", false, "also try Lucca, each remote and Flatchr")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return c
}

func (s *session) checked(result checked, c *config.Config) {
	for _, f := range result.Faults {
		fmt.Fprintln(s.stdout, f)
	}
	for _, p := range result.Probes {
		s.probe(p)
	}
	if c == nil || !result.OK {
		return
	}
	fmt.Fprintf(s.stdout, "%s is right\n", s.config)
	for _, name := range slices.Sorted(maps.Keys(c.Flows)) {
		f := c.Flows[name]
		due := "not scheduled"
		if f.Slots != nil {
			due = "due " + f.Slots.Next(time.Now()).Format("Mon 2 Jan 2006 15:04 MST")
		}
		does := ""
		switch {
		case f.Export != nil:
			does = fmt.Sprintf("%s, %d columns to %s", f.Export.Profile, len(f.Binding.Columns), f.To)
		case f.Import != nil:
			does = fmt.Sprintf("import of %s from %s", f.Pattern, f.From)
		case f.Hires != nil:
			does = "hires of " + f.Hires.Source
		}
		fmt.Fprintf(s.stdout, "  %s: %s, %s\n", name, does, due)
	}
}

func (s *session) probe(p app.Probe) {
	verdict := "ok"
	if !p.OK {
		verdict = "FAULT"
	}
	fmt.Fprintf(s.stdout, "%s %s", verdict, p.Name)
	for _, part := range []string{p.Address, p.Protocol, p.Key} {
		if part != "" {
			fmt.Fprintf(s.stdout, " · %s", part)
		}
	}
	fmt.Fprintf(s.stdout, ": %s\n", p.Message)
	for _, warning := range p.Warnings {
		fmt.Fprintf(s.stdout, "   warning: %s\n", warning)
	}
	s.routes(p)
	if p.Facts != nil {
		s.facts(p)
	}
}

// routes says which generation of the API answered for each list.
func (s *session) routes(p app.Probe) {
	by := make(map[string][]string)
	for _, r := range p.Routes {
		by[r.Generation] = append(by[r.Generation], r.List)
	}
	for _, generation := range slices.Sorted(maps.Keys(by)) {
		s.listed("by "+generation, by[generation])
	}
}

// facts prints what is in Lucca for the configuration to name.
func (s *session) facts(p app.Probe) {
	for _, part := range []struct {
		name string
		list []app.Fact
	}{
		{"establishments", p.Facts.Establishments}, {"contract types", p.Facts.ContractTypes}, {"axes", p.Facts.Axes},
		{"custom fields", p.Facts.CustomFields}, {"roles", p.Facts.Roles},
	} {
		texts := make([]string, len(part.list))
		for i, f := range part.list {
			texts[i] = factText(f)
		}
		s.listed(part.name, texts)
	}
}

// factText is a thing of Lucca in one phrase: id, label, code, use.
func factText(f app.Fact) string {
	var parts []string
	if f.ID != 0 {
		parts = append(parts, strconv.Itoa(f.ID))
	}
	if f.Label != "" {
		parts = append(parts, f.Label)
	}
	if f.Code != "" && f.ID != 0 {
		parts = append(parts, "("+f.Code+")")
	} else if f.Code != "" {
		parts = append(parts, f.Code)
	}
	if f.InUse > 0 {
		parts = append(parts, fmt.Sprintf("[%d contracts]", f.InUse))
	}
	return strings.Join(parts, " ")
}

// listed prints a list under its name, in lines of at most 80 columns.
func (s *session) listed(name string, texts []string) {
	const indent, width = 19, 80
	if len(texts) == 0 {
		return
	}
	line := fmt.Sprintf("   %-*s", indent-3, name)
	used := indent
	for i, text := range texts {
		if i < len(texts)-1 {
			text += ","
		}
		if n := utf8.RuneCountInString(text); used > indent && used+1+n > width {
			fmt.Fprintln(s.stdout, line)
			line, used = strings.Repeat(" ", indent), indent
		}
		if used > indent {
			text = " " + text
		}
		line += text
		used += utf8.RuneCountInString(text)
	}
	fmt.Fprintln(s.stdout, line)
}
