package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/config"
)

func (s *session) profilesCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "profiles [NAME]",
		Short: "Show the profiles of partners, their columns, levels and sources",
		Args:  cobra.MaximumNArgs(1),
		RunE: command(func(_ *cobra.Command, args []string) error {
			profiles, err := s.profiles(args)
			if err != nil {
				return err
			}
			switch {
			case asJSON:
				return s.json(profiles)
			case len(args) == 0:
				s.profileList(profiles)
			default:
				s.profile(profiles[0])
			}
			return nil
		}),
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return c
}

// profiles returns the built-in profiles and those that the configuration names, where
// there is one; or the one that is asked for, by its name or by the path of its schema.
func (s *session) profiles(args []string) ([]app.Profile, error) {
	if len(args) == 1 && strings.HasSuffix(args[0], ".json") {
		p, err := app.OneProfile(args[0])
		return []app.Profile{p}, err
	}
	var c *config.Config
	if _, err := os.Stat(s.config); err == nil {
		if c, err = s.load(); err != nil {
			return nil, err
		}
	}
	list, err := app.Profiles(c)
	if err != nil || len(args) == 0 {
		return list, err
	}
	for _, p := range list {
		if p.Name == args[0] {
			return []app.Profile{p}, nil
		}
	}
	p, err := app.OneProfile(args[0])
	return []app.Profile{p}, err
}

func (s *session) profileList(profiles []app.Profile) {
	rows := make([][]string, len(profiles))
	for i, p := range profiles {
		counts := make(map[string]int)
		for _, c := range p.Columns {
			counts[string(c.Level)]++
		}
		rows[i] = []string{p.Name, p.Title, fmt.Sprint(counts["required"]), fmt.Sprint(counts["recommended"]), fmt.Sprint(counts["optional"]), strings.Join(p.Flows, ", ")}
	}
	s.grid([]string{"profile", "partner", "required", "recommended", "optional", "flows"}, rows)
}

func (s *session) profile(p app.Profile) {
	fmt.Fprintf(s.stdout, "%s: %s\n%s\n", p.Name, p.Title, p.Description)
	if most, ok := p.Caps["optional"]; ok {
		fmt.Fprintf(s.stdout, "At most %d optional columns.\n", most)
	}
	rows := make([][]string, len(p.Columns))
	for i, c := range p.Columns {
		rows[i] = []string{c.Key, c.Header, string(c.Level), string(c.Type), strings.Join(c.From, ", else ")}
	}
	s.grid([]string{"column", "header", "level", "type", "from"}, rows)
}
