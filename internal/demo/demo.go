// Package demo shows everything on an invented company, on this machine alone: a stand-in for
// a Lucca tenant and one for an ATS, the SFTP servers of partners, and a configuration that
// connects them. What runs the flows is the program itself, as with a real tenant.
package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/sandbox/flatchr"
	"lucca-exchange/internal/sandbox/partner"
)

// size is the number of people in the demo's company, former ones included: enough
// for each special case, few enough to read.
const size = 120

// seed makes the demo's company the same each time.
const seed = 1

// Partner is one partner of the demo.
type Partner struct {
	// Flow is the flow that writes to it, Folder where its SFTP server keeps what arrives.
	Flow, Folder string
}

// Demo is a sandbox tenant and the partners' servers, with a configuration file that
// connects them.
type Demo struct {
	// Dir holds everything: the configuration, the state, the partners' folders.
	Dir string
	// Config is the path of the configuration file.
	Config   string
	Partners []Partner
	// Employees is the size of the company.
	Employees int

	web      string
	language message.Language
	company  *sandbox.Company
	ats      *flatchr.Server
	day      time.Time
	stop     context.CancelFunc
	ended    []func() error
}

// mark is the first line of a demo's configuration: only a file that has it is
// overwritten.
const mark = "# Written by lucca-exchange demo."

// Options are what a demo is made with.
type Options struct {
	// Dir is the folder that keeps everything.
	Dir string
	// Web is the address that the daemon is to listen on; empty for none.
	Web string
	// Language is that of reports, messages and the console; empty for English.
	Language message.Language
}

// Start starts the sandbox and the partners' servers on loopback and writes the
// configuration into dir, with the address at which the daemon listens unless web is empty.
// The caller closes the Demo, which keeps the folder.
func Start(ctx context.Context, o Options) (*Demo, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("find folder: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	d := &Demo{Dir: dir, Config: filepath.Join(dir, "lucca-exchange.yaml"), Employees: size, web: o.Web, language: o.Language, stop: stop}
	if err := d.start(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *Demo) start(ctx context.Context) error {
	if b, err := os.ReadFile(d.Config); err == nil && !strings.HasPrefix(string(b), mark) {
		return fault.Of(run.ErrUsage, "%s is not a demo's: name another folder with --dir", d.Config)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look for an earlier demo: %w", err)
	}
	// The tenant is a new one each time: what an earlier demo remembers is of another.
	if err := os.RemoveAll(filepath.Join(d.Dir, "state")); err != nil {
		return fmt.Errorf("clear the state of an earlier demo: %w", err)
	}
	password, err := d.secrets()
	if err != nil {
		return err
	}
	url, err := d.tenant(ctx)
	if err != nil {
		return err
	}
	ats, err := d.flatchr(ctx, password)
	if err != nil {
		return err
	}
	var remotes, flows strings.Builder
	line, err := d.partner(ctx, payroll, password)
	if err != nil {
		return err
	}
	remotes.WriteString(line)
	fmt.Fprintf(&flows, inboundText, ats, d.webhookLine())
	for _, p := range exports {
		line, err := d.partner(ctx, p.remote, password)
		if err != nil {
			return err
		}
		remotes.WriteString(line)
		fmt.Fprintf(&flows, exportText, p.flow, p.profile, p.columns, p.remote, p.file)
		d.Partners = append(d.Partners, Partner{Flow: p.flow, Folder: filepath.Join(d.Dir, p.remote)})
	}
	text := mark + fmt.Sprintf(configText, url, d.languageLine()+d.webSection(), remotes.String(), flows.String())
	if err := os.WriteFile(d.Config, []byte(text), 0o600); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	return nil
}

// languageLine is the language of the configuration; English needs none.
func (d *Demo) languageLine() string {
	if d.language == "" || d.language == message.English {
		return ""
	}
	return fmt.Sprintf("language: %s\n", d.language)
}

// webSection is the section web of the configuration.
func (d *Demo) webSection() string {
	if d.web == "" {
		return ""
	}
	return fmt.Sprintf("web: {listen: %q}\n", d.web)
}

// secrets writes the demo's secrets, and returns the partners' password.
func (d *Demo) secrets() (password string, err error) {
	folder := filepath.Join(d.Dir, "secrets")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("make folder: %w", err)
	}
	password = rand.Text()
	for name, secret := range map[string]string{
		"lucca-api-key": Key, "partner-password": password, "flatchr-api-key": password, "flatchr-hook": rand.Text(),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(secret+"\n"), 0o600); err != nil {
			return "", fmt.Errorf("write secret: %w", err)
		}
	}
	return password, nil
}

func (d *Demo) tenant(ctx context.Context) (url string, err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("listen for the sandbox: %w", err)
	}
	d.day = time.Now()
	d.company = sandbox.NewCompany(size, seed, d.day)
	tenant := sandbox.New(sandbox.NewCompany(size, seed, d.day), sandbox.Options{
		Keys: []sandbox.Key{{Secret: Key}}, RequestsPerMinute: -1,
	})
	done := make(chan error, 1)
	go func() { done <- tenant.Serve(ctx, l) }()
	d.ended = append(d.ended, func() error { return <-done })
	return "http://" + l.Addr().String(), nil
}

// partner starts an SFTP server over a folder of the demo, and returns the line of the
// configuration for it.
func (d *Demo) partner(ctx context.Context, name, password string) (line string, err error) {
	root := filepath.Join(d.Dir, name)
	if err := os.MkdirAll(root, 0o700); err != nil {
		return "", fmt.Errorf("make folder: %w", err)
	}
	server, err := partner.Start(ctx, partner.Options{Root: root, User: "demo", Password: password})
	if err != nil {
		return "", fmt.Errorf("start the server of %s: %w", name, err)
	}
	d.ended = append(d.ended, server.Close)
	host, port, err := net.SplitHostPort(server.Addr())
	if err != nil {
		return "", fmt.Errorf("address of the server of %s: %w", name, err)
	}
	return fmt.Sprintf(remoteText, name, host, port, server.HostKeys()[0]), nil
}

// Close stops all servers.
func (d *Demo) Close() error {
	d.stop()
	var errs []error
	for _, wait := range d.ended {
		errs = append(errs, wait())
	}
	return errors.Join(errs...)
}

// exports are the exports of the demo, one for each built-in profile, with columns of
// all kinds.
var exports = []struct{ flow, profile, columns, remote, file string }{
	{
		"skillup-nightly", "skillup",
		"job_title, gender, phone, birth_date, start_date, end_date, contract, contract_type, company, management, department, service, manager_email, n2_email, annual_gross_salary",
		"skillup", "skillup_{date}.csv",
	},
	{
		"pdlf-nightly", "place-de-la-formation",
		"hr_manager_email, gross_hourly_rate, establishment, cost_center_code_1, start_date",
		"place-de-la-formation", "employees.csv",
	},
	{"360learning-nightly", "360learning", "", "360learning", "users_{date}.csv"},
}

const remoteText = `  %s: {type: sftp, host: %s, port: %s, user: demo, password: {file: ./secrets/partner-password}, host_keys: ["%s"], dir: /}
`

const exportText = `  %s:
    export:
      profile: %s
      columns: [%s]
      limits: {dangling_managers: 30%%} # the invented company has many who left and still lead
    to: %s
    file: "%s"
    schedule: "59 22 * * *"
`

const configText = `
# It works while the demo's servers run: lucca-exchange demo --serve keeps them up.
timezone: Europe/Paris
lucca:
  url: %s
  api_key: {file: ./secrets/lucca-api-key}
  requests_per_minute: 6000
  contract_types: {1: CDI, 2: CDD}
  extensions: {hr_manager: e_hr_manager, hourly_rate: e_hourly_rate}
  cost_center_axes: [3]
  annual_salary: {source: compensation, periods: 12}
%sremotes:
%sflows:
%s`
