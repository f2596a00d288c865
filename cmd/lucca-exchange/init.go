package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/demo"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/show"
	"lucca-exchange/internal/starter"
)

// The places of the service: the unit, the packages and "init --service" agree on them.
const (
	serviceAccount = "lucca-exchange"
	serviceConfig  = "/etc/lucca-exchange"
	serviceHome    = "/var/lib/lucca-exchange"
)

func initCommand(s *cli) *cobra.Command {
	var dir, tenant, server string
	var service bool
	var a starter.Answers
	c := &cobra.Command{
		Use:   "init",
		Short: "Write a commented first configuration",
		Long: `Write a commented first configuration. At a terminal it asks for the tenant, the partner, its
server and that server's key; flags answer beforehand. What is left open stays empty, and
"check" names it. Without a tenant the configuration is a trial: it works with the invented
company that "lucca-exchange sandbox" serves on this machine.

With --service, as root, everything lies where the service has it ("help install").`,
		Args: cobra.NoArgs,
		RunE: command(func(cmd *cobra.Command, _ []string) (err error) {
			if tenant != "" {
				if a.Tenant, err = starter.ParseTenant(tenant); err != nil {
					return err
				}
			}
			if server != "" {
				if a.Server, err = starter.ParseServer(server); err != nil {
					return err
				}
			}
			if a.Profile != "" {
				if err := starter.KnownProfile(a.Profile, inspect.BuiltinProfiles()); err != nil {
					return fault.Of(run.ErrUsage, "--%w", err)
				}
			}
			if service {
				if !cmd.Flags().Changed("dir") {
					dir = serviceConfig
				}
				a.Home = serviceHome
				if a.Owner, err = serviceOwner(); err != nil {
					return err
				}
			}
			if show.IsTerminal(os.Stdin) && show.IsTerminal(s.stderr) {
				if a, err = starter.Ask(cmd.Context(), s.asked(), a); err != nil {
					return err
				}
			}
			if a.Profile == "" {
				a.Profile = "skillup"
			}
			a.Trial = starter.Trial{URL: "http://" + sandboxAddress, Key: demo.Key}
			if l := s.language(); l != message.English {
				a.Language = l
			}
			written, err := starter.Write(dir, a)
			if err != nil {
				return err
			}
			if s.json {
				return show.JSON(s.stdout, written)
			}
			tellWritten(s, a, written)
			return nil
		}),
	}
	c.Flags().StringVar(&dir, "dir", ".", "`FOLDER` to write into")
	c.Flags().StringVar(&tenant, "tenant", "", "`ADDRESS` of the Lucca tenant, such as acme.ilucca.net")
	c.Flags().StringVar(&a.Profile, "partner", "", "`PARTNER`, one of \"lucca-exchange profiles\" (skillup if left out)")
	c.Flags().StringVar(&server, "server", "", "`ADDRESS` of the partner's server: sftp://user@host/folder, ftpes:// or ftps://; a folder if left out")
	c.Flags().StringArrayVar(&a.HostKeys, "host-key", nil, "`SHA256:…` of an SFTP server's key, as the partner says it")
	c.Flags().BoolVar(&service, "service", false, "write to "+serviceConfig+", for the account "+serviceAccount+", with the state in "+serviceHome)
	return asDocument(s, c)
}

// asked is the terminal, and what the questions need.
func (s *cli) asked() starter.Terminal {
	return starter.Terminal{
		In: bufio.NewReader(os.Stdin), Out: s.stderr, Said: s.said, Profiles: skillupFirst(inspect.BuiltinProfiles()),
		Secret: func() (string, error) {
			text, err := term.ReadPassword(int(os.Stdin.Fd()))
			return string(text), err
		},
		HostKeys: func(ctx context.Context, address string) ([]string, error) {
			found, err := app.HostKeys(ctx, address)
			var prints []string
			for _, k := range found {
				prints = append(prints, k.Fingerprint)
			}
			return prints, err
		},
	}
}

// skillupFirst makes the partner that most have the one that nothing stands for.
func skillupFirst(names []string) []string {
	first := []string{"skillup"}
	for _, name := range names {
		if name != first[0] {
			first = append(first, name)
		}
	}
	return first
}

// serviceOwner is the account of the service.
func serviceOwner() (*starter.Owner, error) {
	if os.Getuid() != 0 {
		return nil, fault.Of(run.ErrUsage, "--service: run it as root, so that the files can belong to %s", serviceAccount)
	}
	u, err := user.Lookup(serviceAccount)
	if err != nil {
		return nil, fault.Of(run.ErrUsage, "--service: there is no account %s: useradd --system --home-dir %s --create-home --shell /usr/sbin/nologin %[1]s",
			serviceAccount, serviceHome)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, fmt.Errorf("read account of the service: %w", err)
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return nil, fmt.Errorf("read account of the service: %w", err)
	}
	return &starter.Owner{UID: uid, GID: gid}, nil
}

// tellWritten says what was written, and what is to be done.
func tellWritten(s *cli, a starter.Answers, w starter.Written) {
	s.say("wrote %s and %s", w.Configuration, w.Key)
	if a.Server != nil && a.Server.Type == "sftp" {
		s.say("a key was made for the partner's server: send them this line, which is no secret")
		s.say("  %s", strings.TrimSpace(w.PublicKey))
	}
	for _, path := range w.Empty {
		if strings.HasSuffix(path, "password") {
			s.say("%s is empty: put the password of the partner's server into it", path)
		} else {
			s.say("%s is empty: put the API key of Lucca into it", path)
		}
	}
	program := "lucca-exchange --config " + w.Configuration
	if a.Owner != nil {
		program = "sudo -u " + serviceAccount + " " + program
	}
	if a.Tenant == "" {
		s.say("it is a trial against an invented company, which \"lucca-exchange sandbox\" serves: start that in another terminal")
	}
	s.say("next:")
	s.say("  %s check --connect", program)
	s.say("  %s run %s --dry-run", program, w.Flow)
	if a.Owner != nil {
		s.say("  systemctl enable --now lucca-exchange")
	}
}
