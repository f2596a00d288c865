package app

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

	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/sandbox/flatchr"
	"lucca-exchange/internal/sandbox/partner"
)

// demoSize is the number of people in the demo's company, former ones included: enough
// for each special case, few enough to read.
const demoSize = 120

// demoSeed makes the demo's company the same each time.
const demoSeed = 1

// SandboxKey is the API key of a sandbox tenant. It opens nothing but invented data.
const SandboxKey = "5a0dbc00-0000-4000-8000-000000000001"

// SandboxClientID and SandboxClientSecret are the OAuth client of a sandbox tenant, for the
// Lucca API (v5), and SandboxTokenPath where it gets access tokens.
const (
	SandboxClientID     = "lucca-exchange"
	SandboxClientSecret = "sandbox-client-secret"
	SandboxTokenPath    = sandbox.TokenPath
)

// SandboxMinimum is the size of the smallest company of a sandbox.
const SandboxMinimum = sandbox.MinSize

// DemoPartner is one partner of the demo.
type DemoPartner struct {
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
	Partners []DemoPartner
	// Employees is the size of the company.
	Employees int

	web     string
	company *sandbox.Company
	ats     *flatchr.Server
	day     time.Time
	stop    context.CancelFunc
	ended   []func() error
}

// demoMark is the first line of a demo's configuration: only a file that has it is
// overwritten.
const demoMark = "# Written by lucca-exchange demo."

// StartDemo starts the sandbox and the partners' servers on loopback and writes the
// configuration into dir, with the address at which the daemon listens unless web is empty.
// The caller closes the Demo, which keeps the folder.
func StartDemo(ctx context.Context, dir, web string) (*Demo, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find folder: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	d := &Demo{Dir: dir, Config: filepath.Join(dir, "lucca-exchange.yaml"), Employees: demoSize, web: web, stop: stop}
	if err := d.start(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *Demo) start(ctx context.Context) error {
	if b, err := os.ReadFile(d.Config); err == nil && !strings.HasPrefix(string(b), demoMark) {
		return fmt.Errorf("%w: %s is not a demo's: name another folder with --dir", ErrUsage, d.Config)
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
	line, err := d.partner(ctx, demoPayroll, password)
	if err != nil {
		return err
	}
	remotes.WriteString(line)
	fmt.Fprintf(&flows, demoInbound, ats, d.webhookLine())
	for _, p := range demoFlows {
		line, err := d.partner(ctx, p.remote, password)
		if err != nil {
			return err
		}
		remotes.WriteString(line)
		fmt.Fprintf(&flows, demoFlow, p.flow, p.profile, p.columns, p.remote, p.file)
		d.Partners = append(d.Partners, DemoPartner{Flow: p.flow, Folder: filepath.Join(d.Dir, p.remote)})
	}
	text := demoMark + fmt.Sprintf(demoConfig, url, d.webSection(), remotes.String(), flows.String())
	if err := os.WriteFile(d.Config, []byte(text), 0o600); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	return nil
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
		"lucca-api-key": SandboxKey, "partner-password": password, "flatchr-api-key": password, "flatchr-hook": rand.Text(),
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
	d.company = sandbox.NewCompany(demoSize, demoSeed, d.day)
	tenant := sandbox.New(sandbox.NewCompany(demoSize, demoSeed, d.day), sandbox.Options{
		Keys: []sandbox.Key{{Secret: SandboxKey}}, RequestsPerMinute: -1,
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
	return fmt.Sprintf(demoRemote, name, host, port, server.HostKeys()[0]), nil
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

// demoFlows are the exports of the demo, one for each built-in profile, with columns of
// all kinds.
var demoFlows = []struct{ flow, profile, columns, remote, file string }{
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

const demoRemote = `  %s: {type: sftp, host: %s, port: %s, user: demo, password: {file: ./secrets/partner-password}, host_keys: ["%s"], dir: /}
`

const demoFlow = `  %s:
    export:
      profile: %s
      columns: [%s]
    to: %s
    file: "%s"
    schedule: "59 22 * * *"
`

const demoConfig = `
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

// SandboxOptions say which Lucca the sandbox stands in for.
type SandboxOptions struct {
	Listen    string
	Employees int
	// V3Departments serves the list of departments that was announced to stop.
	V3Departments bool
	// PageLimit is the highest limit of the v4 lists; 0 is what each page documents.
	PageLimit int
	// Off are routes that are not served: the status of their answers, by path.
	Off map[string]int
	// Ends are routes that are announced to end, by path.
	Ends map[string]time.Time
}

// ServeSandbox serves a tenant of its own until ctx ends. ready is told its address.
func ServeSandbox(ctx context.Context, o SandboxOptions, ready func(url string)) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.Listen)
	if err != nil {
		return fmt.Errorf("listen for the sandbox: %w", err)
	}
	tenant := sandbox.New(sandbox.NewCompany(o.Employees, demoSeed, time.Now()), sandbox.Options{
		Keys:    []sandbox.Key{{Secret: SandboxKey}},
		Clients: []sandbox.Client{{ID: SandboxClientID, Secret: SandboxClientSecret}},

		V3Departments: o.V3Departments, LargestPage: o.PageLimit, Off: o.Off, Ends: o.Ends,
	})
	ready("http://" + l.Addr().String())
	return tenant.Serve(ctx, l)
}
