// Package config reads the configuration file: one YAML document, strictly. Load reports
// every fault at once, each with its line and path; a configuration with a fault is not
// used at all.
//
// Each adapter owns its section, its defaults and its checks; this package decodes them
// and knows how they refer to each other. Secrets are references (package secret), which
// are tried here so that an unreadable one shows at check and not at night.
package config

import (
	"cmp"
	"errors"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/schedule"
	"lucca-exchange/internal/secret"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/web"
	"lucca-exchange/internal/wrap"
)

// Defaults of the top level. Relative paths start at the configuration file.
const (
	defaultTimezone = "Europe/Paris"
	defaultState    = "sqlite:./state/exchange.db"
	defaultSpool    = "./state/spool"
	defaultFiles    = Age(30 * 24 * time.Hour)
	defaultRuns     = Age(400 * 24 * time.Hour)
	defaultRoom     = spool.Bytes(5e9)
	defaultCatchUp  = Age(12 * time.Hour)
)

// Config is a configuration that can be used: decoded, checked, defaults filled in and
// paths made absolute. It is one file, or a folder with a file per tenant, merged: the
// names of flows and remotes then begin with the tenant's and a slash.
type Config struct {
	Common   `yaml:",inline"`
	Timezone string            `yaml:"timezone,omitempty" json:"timezone,omitempty" jsonschema:"description=default time zone of the flows,default=Europe/Paris"`
	Lucca    lucca.Config      `yaml:"lucca" json:"lucca"`
	Remotes  map[string]Remote `yaml:"remotes" json:"remotes"`
	Flows    map[string]Flow   `yaml:"flows" json:"flows"`

	// Tenants holds each tenant's section lucca by the tenant's name, which is empty where
	// the configuration is one file.
	Tenants map[string]lucca.Config `yaml:"-" json:"-"`
}

// Zone is that of the configuration, which tables and pages show times in; that of the first
// tenant in a folder.
func (c *Config) Zone() *time.Location {
	zone, err := time.LoadLocation(cmp.Or(c.Timezone, defaultTimezone))
	if err != nil {
		return time.Local // cannot be: loading refuses such a zone
	}
	return zone
}

// Common is what all tenants of a folder share, in its file common.yaml.
type Common struct {
	State     string    `yaml:"state,omitempty" json:"state,omitempty" jsonschema:"description=where runs are remembered,default=sqlite:./state/exchange.db"`
	Spool     string    `yaml:"spool,omitempty" json:"spool,omitempty" jsonschema:"description=folder of working files,default=./state/spool"`
	Retention Retention `yaml:"retention,omitempty" json:"retention,omitzero"`
	// Language is that of whoever has not chosen one; empty for English.
	Language message.Language `yaml:"language,omitempty" json:"language,omitempty" jsonschema:"type=string,enum=en,enum=fr,enum=de,description=language of messages and reports and of the console before somebody chooses,default=en"`
	Notify   []Notification   `yaml:"notify,omitempty" json:"notify,omitempty" jsonschema:"description=who is told how runs end"`
	// Web is the daemon's own server; nil for none.
	Web *web.Config `yaml:"web,omitempty" json:"web,omitempty" jsonschema:"description=health and metrics and webhooks of the daemon; none if left out"`
}

// Remote is one remote, whatever its type.
type Remote struct {
	// Type is that of the transport, such as sftp.
	Type string
	// Address is where the remote is, as far as the configuration says: HOST:PORT, or the
	// path of a folder.
	Address string
	// Route is how it is reached: by another one the same address may be another machine.
	remote.Route
	// Secrets are those that are shown to the server, which may say them back.
	Secrets []secret.Ref
	// WriteOnly: nothing can be listed or read back.
	WriteOnly bool
	// Delivery holds the keys that all types have.
	Delivery delivery.Options
	// Connect makes the remote. It reads no secret yet and opens no connection.
	Connect func() remote.Remote
	// Ends is when the certificate ends that the server showed last; zero where it showed none yet.
	Ends func() time.Time

	node *yaml.Node
}

// Retention says how long things are kept.
type Retention struct {
	Files *Age `yaml:"files,omitempty" json:"files,omitempty" jsonschema:"type=string,description=working files and who was in them,default=30d"`
	Runs  *Age `yaml:"runs,omitempty" json:"runs,omitempty" jsonschema:"type=string,description=the history of runs,default=400d"`
	// Spool is a number of bytes.
	Spool spool.Bytes `yaml:"spool,omitempty" json:"spool,omitempty" jsonschema:"type=string,description=most that all working files may take together: the oldest of runs that are over go first,default=5GB"`
}

// Age is a duration that may be written in days, such as 30d.
type Age time.Duration

// UnmarshalText reads 30d, 12h and the like.
func (a *Age) UnmarshalText(b []byte) error {
	s := string(b)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 || n > 36500 {
			return errors.New("want a duration such as 30d or 12h")
		}
		*a = Age(time.Duration(n) * 24 * time.Hour)
		return nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return errors.New("want a duration such as 30d or 12h")
	}
	*a = Age(d)
	return nil
}

// MarshalText writes 30d, 12h and the like.
func (a Age) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// String is the age as the file has it.
func (a Age) String() string {
	d := time.Duration(a)
	if days := d / (24 * time.Hour); days > 0 && d%(24*time.Hour) == 0 {
		return strconv.Itoa(int(days)) + "d"
	}
	text := d.String()
	for _, whole := range []string{"m0s", "h0m"} {
		if rest, ok := strings.CutSuffix(text, whole); ok {
			text = rest + whole[:1]
		}
	}
	return text
}

// Flow is one configured exchange.
type Flow struct {
	Export *Export `yaml:"export,omitempty" json:"export,omitempty" jsonschema:"description=employees of Lucca to a partner's file"`
	Import *Import `yaml:"import,omitempty" json:"import,omitempty" jsonschema:"description=user files to Lucca"`
	Hires  *Hires  `yaml:"hires,omitempty" json:"hires,omitempty" jsonschema:"description=recruited candidates to Lucca"`
	To     string  `yaml:"to,omitempty" json:"to,omitempty" jsonschema:"description=remote that receives the file"`
	// File is the template of the file's name; see FileName.
	File string `yaml:"file,omitempty" json:"file,omitempty" jsonschema:"description=name of the file; {date} {time} and {flow} are filled in and with split {establishment}"`
	// Wrap is done to the file after that; its name then gets the endings of the steps.
	Wrap     wrap.Config       `yaml:"wrap,omitempty" json:"wrap,omitempty" jsonschema:"description=how the file is compressed and encrypted: one step or a list in the order in which they are done"`
	From     string            `yaml:"from,omitempty" json:"from,omitempty" jsonschema:"description=remote that files are dropped on"`
	Pattern  string            `yaml:"pattern,omitempty" json:"pattern,omitempty" jsonschema:"description=names of the files to take,example=users_*.csv"`
	ExpectBy string            `yaml:"expect_by,omitempty" json:"expect_by,omitempty" jsonschema:"description=time of the day by which a file is to be there: a run after it that finds none fails,example=07:00"`
	Pickup   pickup.Options    `yaml:"pickup,omitempty" json:"pickup,omitzero" jsonschema:"description=how files are taken"`
	Unwrap   wrap.UnwrapConfig `yaml:"unwrap,omitempty" json:"unwrap,omitempty" jsonschema:"description=how files are unpacked and decrypted: one step or a list with the outermost first"`
	// Approvals is how many people have to approve a held run; 0 is one.
	Approvals int `yaml:"approvals,omitempty" json:"approvals,omitempty" jsonschema:"description=how many people have to approve a held run,minimum=1,maximum=2,default=1"`
	// CatchUp is how late a slot may be that was missed.
	CatchUp  *Age   `yaml:"catch_up,omitempty" json:"catch_up,omitempty" jsonschema:"type=string,description=how late a slot still runs that was missed while the daemon was down,default=12h"`
	Schedule string `yaml:"schedule,omitempty" json:"schedule,omitempty" jsonschema:"description=cron line of five fields,example=59 22 * * *"`
	Timezone string `yaml:"timezone,omitempty" json:"timezone,omitempty" jsonschema:"description=time zone of the schedule and of {date}"`

	// Name is the flow's own name, without that of its tenant; Tenant is empty where the
	// configuration is one file.
	Name   string `yaml:"-" json:"-"`
	Tenant string `yaml:"-" json:"-"`
	// Zone, Binding and Slots are what Timezone, Export and Schedule mean. Slots is nil
	// without a schedule.
	Zone    *time.Location     `yaml:"-" json:"-"`
	Binding *profile.Binding   `yaml:"-" json:"-"`
	Slots   *schedule.Schedule `yaml:"-" json:"-"`
	// Expected is what ExpectBy means, since midnight.
	Expected time.Duration `yaml:"-" json:"-"`
}

// Export is the part of a flow that makes a partner's file.
type Export struct {
	Profile           string `yaml:"profile" json:"profile" jsonschema:"required,description=a built-in profile or the path of your own schema ending in .json"`
	profile.Selection `yaml:",inline"`
	Population        export.Population `yaml:"population,omitempty" json:"population,omitzero"`
	Limits            export.Limits     `yaml:"limits,omitempty" json:"limits,omitzero"`
	Split             export.Split      `yaml:"split,omitempty" json:"split,omitempty" jsonschema:"enum=establishment,description=one file for each establishment; its code or else its name stands for {establishment} in file"`
	// Descriptor is how another program knows what the file has in it.
	Descriptor bool `yaml:"descriptor,omitempty" json:"descriptor,omitempty" jsonschema:"description=send a Data Package descriptor (v2) beside each file and before it: the name of the file followed by .datapackage.json"`
}

// placeholder is what a file name may have filled in.
var placeholder = regexp.MustCompile(`\{[^}]*\}`)

// FileName fills the template of a file's name in for a slot: {date} is 20261122,
// {time} 225900, both in the flow's zone, {flow} the flow's name. {establishment} stays: it is
// another one in each file of a run.
func FileName(template, flow string, slot time.Time) string {
	return strings.NewReplacer(
		"{date}", slot.Format("20060102"), "{time}", slot.Format("150405"), "{flow}", flow,
	).Replace(template)
}

// FileNames matches the names that FileName makes of a template for a flow, at any time.
func FileNames(template, flow string) *regexp.Regexp {
	name := regexp.QuoteMeta(template)
	for placeholder, text := range map[string]string{"date": `\d{8}`, "time": `\d{6}`, "flow": regexp.QuoteMeta(flow), "establishment": `[0-9A-Za-z_-]+`} {
		name = strings.ReplaceAll(name, `\{`+placeholder+`\}`, text)
	}
	return regexp.MustCompile(`^` + name + `$`)
}

// Load reads a configuration file, or a folder of them. The faults hold warnings too; the
// configuration is nil when they are fatal.
func Load(path string, r Registry) (*Config, Faults) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return loadFolder(path, r)
	}
	l := newLoader(path, r)
	c := l.load()
	l.faults.sort(l.file)
	if l.faults.Fatal() {
		return nil, l.faults
	}
	c.Tenants = map[string]lucca.Config{"": c.Lucca}
	return c, l.faults
}

func newLoader(path string, r Registry) *loader {
	l := &loader{document: newDocument(path), registry: r}
	l.sealed = r.Sealed
	return l
}

// loader reads one file by the table of who is who.
type loader struct {
	*document
	registry Registry
	// web says that the daemon listens.
	web bool
}

func (l *loader) load() *Config {
	var c Config
	if !l.read(&c) {
		return nil
	}
	l.common(&c.Common)
	l.check(&c)
	return &c
}

// common fills in what is shared by all tenants.
func (l *loader) common(c *Common) {
	setDefault(&c.State, defaultState)
	setDefault(&c.Spool, defaultSpool)
	setDefault(&c.Retention.Files, new(defaultFiles))
	setDefault(&c.Retention.Runs, new(defaultRuns))
	setDefault(&c.Retention.Spool, defaultRoom)
	checkPaths(l.document, c)
	l.notifications(c.Notify)
	l.web = c.Web != nil
	if c.Web != nil {
		c.Web = new(c.Web.Under(l.dir))
		c.Web.Validate(l.under("web"))
		checkSecrets(l.document, c.Web, "web")
	}
}

func (l *loader) check(c *Config) {
	setDefault(&c.Timezone, defaultTimezone)
	readZone(l.document, "timezone", c.Timezone)
	c.Lucca = c.Lucca.Under(l.dir)
	c.Lucca.Validate(l.under("lucca"))
	checkSecrets(l.document, c.Lucca, "lucca")
	l.remotes(c)
	l.flows(c)
}

func setDefault[T comparable](v *T, fallback T) {
	var zero T
	if *v == zero {
		*v = fallback
	}
}

func checkPaths(d *document, c *Common) {
	c.Spool = d.abs(c.Spool)
	path, ok := strings.CutPrefix(c.State, "sqlite:")
	switch {
	case ok && path != "":
		c.State = "sqlite:" + d.abs(path)
	case strings.HasPrefix(c.State, "postgres://") || strings.HasPrefix(c.State, "postgresql://"):
		checkPostgres(d, c.State)
	default:
		d.fault("state", "want sqlite: and the path of a file, like %s, or postgres://user@host/database", defaultState)
	}
}

// checkPostgres checks the address of a database. It is not repeated: it may hold a password.
func checkPostgres(d *document, address string) {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		d.fault("state", "want an address such as postgres://user@host/database")
	case hasPassword(u):
		d.fault("state", "no password belongs here: PGPASSFILE names a file with it (man page of libpq), or PGPASSWORD holds it")
	case u.Host == "" && u.Query().Get("host") == "" || strings.Trim(u.Path, "/") == "":
		d.fault("state", "want the host and the database, as in postgres://user@host/database")
	}
}

func hasPassword(u *url.URL) bool {
	_, ok := u.User.Password()
	return ok || u.Query().Has("password")
}
