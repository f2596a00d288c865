package main

import (
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/show"
)

func profilesCommand(s *cli) *cobra.Command {
	c := &cobra.Command{
		Use:   "profiles [PROFILE]",
		Short: "Show the profiles of partners, their columns, levels and sources",
		Args:  cobra.MaximumNArgs(1),
		RunE: command(func(_ *cobra.Command, args []string) error {
			profiles, err := s.profiles(args)
			if err != nil {
				return err
			}
			if len(args) == 0 || s.json {
				return printed(s, profiles, show.Profiles)
			}
			show.Profile(s.page(), profiles[0])
			return nil
		}),
	}
	asDocument(s, c)
	c.AddCommand(profilesShowCommand(s), profilesCheckCommand(s), profilesTryCommand(s))
	return c
}

func profilesShowCommand(s *cli) *cobra.Command {
	return &cobra.Command{
		Use:   "show PROFILE",
		Short: "Print the schema of a built-in profile, a file to start one of your own from",
		Args:  cobra.ExactArgs(1),
		RunE: command(func(_ *cobra.Command, args []string) error {
			schema, err := inspect.ProfileSchema(args[0])
			if err != nil {
				return err
			}
			_, err = s.stdout.Write(schema)
			return err
		}),
	}
}

func profilesCheckCommand(s *cli) *cobra.Command {
	return asDocument(s, &cobra.Command{
		Use:   "check FILE",
		Short: "Name every fault of a schema of your own, with its line and column",
		Args:  cobra.ExactArgs(1),
		RunE: command(func(_ *cobra.Command, args []string) error {
			b, err := os.ReadFile(args[0])
			if err != nil {
				return fault.Of(run.ErrUsage, "read schema: %w", err)
			}
			columns, faults := inspect.CheckProfile(b, args[0])
			switch {
			case s.json && faults != nil:
				return errors.Join(show.JSON(s.stdout, checkedProfile{args[0], columns, faults}), ended{exitUsage})
			case faults != nil:
				return faults
			}
			return answer(s, checkedProfile{args[0], columns, config.Faults{}}, "%s: %d columns, no faults", args[0], columns)
		}),
	})
}

// checkedProfile is a schema and what is wrong with it.
type checkedProfile struct {
	File    string        `json:"file"`
	Columns int           `json:"columns"`
	Faults  config.Faults `json:"faults"`
}

// profiles returns the built-in profiles and those that the configuration names, where
// there is one; or the one that is asked for, by its name or by the path of its schema.
func (s *cli) profiles(args []string) ([]inspect.Profile, error) {
	if len(args) == 1 && strings.HasSuffix(args[0], ".json") {
		p, err := inspect.OneProfile(args[0])
		return []inspect.Profile{p}, err
	}
	var c *config.Config
	if _, err := os.Stat(s.config); err == nil {
		builtin := len(args) == 1 && slices.Contains(inspect.BuiltinProfiles(), args[0])
		if c, err = s.sealed(); err != nil && !builtin { // a built-in one is the same whatever is wrong
			return nil, err
		}
	}
	list, err := inspect.Profiles(c)
	if err != nil || len(args) == 0 {
		return list, err
	}
	for _, p := range list {
		if p.Name == args[0] {
			return []inspect.Profile{p}, nil
		}
	}
	p, err := inspect.OneProfile(args[0])
	return []inspect.Profile{p}, err
}
