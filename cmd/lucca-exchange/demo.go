package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/demo"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/show"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web/auth"
)

func demoCommand(s *cli) *cobra.Command {
	var dir string
	var serve bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "Show everything on an invented company: no configuration, no network",
		Long: `Start a stand-in for a Lucca tenant with an invented company, one for Flatchr, and an SFTP
server for each partner, all on this machine, and run every kind of flow once: an export
per partner, two files of a payroll, of which one is held and then approved, and a
recruited candidate. What arrived where, and what was wrong, is shown; the folder keeps it
all. With --serve the daemon goes on with it until interrupted.`,
		Args: cobra.NoArgs,
		RunE: command(func(cmd *cobra.Command, _ []string) error {
			return s.demo(cmd.Context(), dir, serve)
		}),
	}
	c.Flags().StringVar(&dir, "dir", "", "`FOLDER` that keeps everything; a temporary one if left out")
	c.Flags().BoolVar(&serve, "serve", false, "keep the servers and the daemon up until interrupted")
	return c
}

func (s *cli) demo(ctx context.Context, dir string, serve bool) (err error) {
	if dir == "" {
		if dir, err = os.MkdirTemp("", "lucca-exchange-demo-"); err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
	}
	web := ""
	if serve {
		if web, err = freeAddress(ctx, demoWeb); err != nil {
			return err
		}
	}
	d, err := demo.Start(ctx, demo.Options{Dir: dir, Web: web, Language: s.language()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	s.say("A Lucca tenant with %d invented people and %d partners' SFTP servers are up on this machine.", d.Employees, len(d.Partners))
	c, faults := config.Load(d.Config, app.Registry())
	if c == nil {
		return faults
	}
	example, err := demoAll(ctx, s, d, c)
	if err != nil {
		return err
	}
	showNext(s, d, example)
	if !serve {
		return nil
	}
	if err := demoLeave(ctx, s, d, c); err != nil {
		return err
	}
	s.say("\nThe servers and the daemon stay up until you interrupt this command (Ctrl-C):")
	s.say("  http://%s/metrics  and  lucca-exchange --config %s flows", web, d.Config)
	return app.Serve(ctx, s.options(c), app.Process{
		Version: version().Version, Commit: version().Commit, Load: func() (*config.Config, error) { return c, nil },
		Guest: &auth.Account{Name: "demo", Grants: []auth.Grant{{Role: auth.Approver}}},
		Invite: func(path string) {
			s.say("The console, for whoever approves, is at\n  http://%s%s", web, path)
		},
	})
}

// demoWeb is where the daemon of the demo listens.
const demoWeb = "127.0.0.1:8484"

// freeAddress is an address if nobody listens there, else one with another port.
func freeAddress(ctx context.Context, address string) (string, error) {
	var l net.ListenConfig
	listener, err := l.Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		listener, err = l.Listen(ctx, "tcp", "127.0.0.1:0")
	}
	if err != nil {
		return "", fmt.Errorf("find an address for the console: %w", err)
	}
	return listener.Addr().String(), listener.Close()
}

// demoLeave leaves something to decide to whoever looks into the console: a held import, a candidate
// who is called like an employee, and a file to bring.
func demoLeave(ctx context.Context, s *cli, d *demo.Demo, c *config.Config) (err error) {
	name, err := d.DropSuspiciousAgain()
	if err == nil {
		err = d.RecruitNamesake()
	}
	if err != nil {
		return err
	}
	path, err := d.WriteFaulty()
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, s.options(c))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	for _, flow := range []string{demo.Import, demo.Hires} {
		if _, err := a.Run(ctx, flow, app.RunOptions{}); err != nil {
			return err
		}
	}
	s.say("\nLeft for you to decide in the console: %s, which is held, a candidate who is called like an employee,\nand a file with a cell to mend, which you can bring: %s", name, path)
	return nil
}

// demoAll runs each kind of flow of the demo and shows it. It returns the flow and the e-mail
// address, the first cell, of somebody in the first file.
func demoAll(ctx context.Context, s *cli, d *demo.Demo, c *config.Config) (example string, err error) {
	a, err := app.Open(ctx, s.options(c))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if example, err = demoExports(ctx, s, a, d); err != nil {
		return "", err
	}
	return example, errors.Join(demoImports(ctx, s, a, d), demoHires(ctx, s, a, d))
}

// demoExports runs each export.
func demoExports(ctx context.Context, s *cli, a *app.App, d *demo.Demo) (example string, err error) {
	for _, p := range d.Partners {
		result, err := a.Run(ctx, p.Flow, app.RunOptions{})
		if err != nil {
			return "", err
		}
		fmt.Fprintln(s.stdout)
		show.Run(s.page(), show.Ran{Report: result})
		if result.Receipt == nil {
			return "", fmt.Errorf("the file of %s did not arrive: %s", p.Flow, result.Run.Reason)
		}
		if example == "" {
			example = p.Flow + " " + result.Preview[1][0]
		}
		s.say("arrived as %s", filepath.Join(p.Folder, result.Receipt.Name))
	}
	return example, nil
}

// demoImports applies a file with good and bad rows, and one that is held and then approved.
func demoImports(ctx context.Context, s *cli, a *app.App, d *demo.Demo) error {
	name, err := d.DropMixed()
	if err != nil {
		return err
	}
	s.say("\nThe payroll drops %s, with good rows and bad ones. What it would do:", name)
	planned, err := a.Plan(ctx, demo.Import, "")
	if err != nil {
		return err
	}
	fmt.Fprintln(s.stdout)
	show.Changes(s.page(), planned)
	s.say("\nIt is applied:\n")
	result, err := a.Run(ctx, demo.Import, app.RunOptions{})
	if err != nil {
		return err
	}
	show.Run(s.page(), show.Ran{Report: result})
	if name, err = d.DropSuspicious(); err != nil {
		return err
	}
	s.say("\nThe payroll drops %s, whose end dates are suspicious:\n", name)
	held, err := a.Run(ctx, demo.Import, app.RunOptions{})
	if err != nil {
		return err
	}
	if held.Run.Outcome != run.Held {
		return fmt.Errorf("the suspicious file was not held: %s", held.Run.Reason)
	}
	show.Summary(s.page(), held.Run)
	s.say("\nNothing was changed. Somebody looks at it, finds it right, and approves it:\n")
	approved, err := a.Acts().Approve(ctx, held.Run.ID, actOf(s, audit.Approve))
	if err != nil {
		return err
	}
	show.Run(s.page(), show.Ran{Report: approved})
	return nil
}

// demoHires moves a candidate to the column of the recruited, and shows the employee appear.
func demoHires(ctx context.Context, s *cli, a *app.App, d *demo.Demo) error {
	if err := d.Recruit(); err != nil {
		return err
	}
	s.say("\nIn Flatchr, a candidate is moved to the column Recruté:\n")
	result, err := a.Run(ctx, demo.Hires, app.RunOptions{})
	if err != nil {
		return err
	}
	show.Run(s.page(), show.Ran{Report: result})
	hires, err := a.Inspect().Hires(ctx, state.HireFilter{Flow: demo.Hires})
	if err != nil {
		return err
	}
	fmt.Fprintln(s.stdout)
	show.Hires(s.page(), hires)
	return nil
}

// showNext says what to do after the demo.
func showNext(s *cli, d *demo.Demo, example string) {
	s.say("\nAll of it is in %s. What to do next:", d.Dir)
	s.say("  lucca-exchange --config %s runs", d.Config)
	s.say("  lucca-exchange --config %s explain %s", d.Config, example)
	s.say("  lucca-exchange init            writes a first configuration for your own tenant")
	s.say("  lucca-exchange help flows      how a flow works")
}
