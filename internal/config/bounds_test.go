package config_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/web"
)

// all is a configuration with a place for a key in each of its sections.
const all = `
lucca: {url: "https://acme.ilucca.net", api_key: {file: ./key}<LUCCA>}
remotes:
  a: {type: dir, dir: ./a<DIR>}
  b: {type: sftp, host: sftp.acme.example, user: acme, password: {file: ./key}, host_keys: ["SHA256:uNiVztksCsDhcc0u9e8BrJQ4Nvwn6yXzBHdAN5vs5yE"]<SFTP>}
  c: {type: ftpes, host: ftp.acme.example, user: acme, password: {file: ./key}<FTP>}
flows:
  out: {export: {profile: skillup<EXPORT>}, to: a, file: out.csv<FLOW>}
  in: {import: {mode: full<IMPORT>}, from: a, pattern: "in*.csv"<PICKUP>}
  ats: {hires: {source: generic, webhook_token: {file: ./token}<HIRES>}}
web: {listen: "127.0.0.1:8484"}
notify:
  - {email: {to: [hr@acme.example], from: exchange@acme.example, smtp: {host: smtp.acme.example<SMTP>}}<NOTIFY>}
retention: {files: 30d<RETENTION>}
`

// TestBoundsOfEachKey: what a key takes begins and ends where its sentence says.
func TestBoundsOfEachKey(t *testing.T) {
	t.Parallel()
	const (
		percent  = "want a percentage from 0% to 100%, like 10%"
		age      = "want a duration such as 30d or 12h"
		size     = "want a size such as 5GB or 500MB"
		port     = "want 1 to 65535"
		days     = "want 0 or more days"
		approval = "want 1 or 2: how many people have to approve a held run"
	)
	for _, tt := range []struct {
		place, key string
		good, bad  string // values, divided by |
		path, says string
	}{
		{"LUCCA", "requests_per_minute: %s", "1|50", "-1", "lucca.requests_per_minute", "want at least 1"},
		{"LUCCA", "requests_per_minute: %s", "49", "51", "lucca.requests_per_minute", "want at most 50"},
		{"LUCCA", "cost_center_axes: %s", "[]|[1]|[3, 5]", "3|x", "lucca.cost_center_axes", "want a list"},
		{"LUCCA", "annual_salary: {source: compensation, periods: %s}", "1|12|53", "0|54|-1", "lucca.annual_salary.periods", "want"},
		{"LUCCA", "cost_center_axes: %s", "[]", "[[1]]|[x]|[1.5]", "lucca.cost_center_axes[0]", "want a whole number, not"},
		{"LUCCA", "extensions: {hourly_rate: %s}", "e_rate", "[e_rate]|{a: b}", "lucca.extensions.hourly_rate", "want text, not"},
		{"LUCCA", "contract_types: {%s: CDI}", `1|"2"`, "one", "lucca.contract_types.one", "want a whole number as the key"},
		{"LUCCA", "annual_salary: {source: extension, field: %s}", "e_salary", "salary|[e_salary]", "lucca.annual_salary.field", "want"},
		{"LUCCA", "oauth: {client_id: {file: ./key}, client_secret: %s}", "{file: ./key}", "{fiel: ./key}|{env: A, file: b}|s3cret|[s3cret]", "lucca.oauth.client_secret", "want {env: NAME} or {file: PATH}"},
		{"LUCCA", "oauth: {client_id: {file: ./key}, client_secret: %s}", "{file: ./token}", "{file: ./none}|{env: LUCCA_EXCHANGE_TEST_UNSET}", "lucca.oauth.client_secret", "secret cannot be read"},
		{"DIR", "attempts: %s", "~|5", `"5"|1.5|[5]|many|99999999999999999999`, "remotes.a.attempts", "want a whole number, not"},
		{"DIR", "retry_wait: %s", `~|"30s"`, "soon|30|[30s]|1.5", "remotes.a.retry_wait", "want a duration such as 30s, not"},
		{"DIR", "create_dir: %s", "true|No|on|~", `1|maybe|[true]|"soon"`, "remotes.a.create_dir", "want true or false, not"},
		{"FLOW", "wrap: %s", "gzip|[gzip]|{zip: {suffix: .z}}", "bzip|{bzip: {}}|7", "flows.out.wrap", "want one of age, gzip, openpgp, zip"},
		{"FLOW", "wrap: [%s]", "gzip|{gzip: }", "bzip|{bzip: {}}", "flows.out.wrap[0]", "want one of age, gzip, openpgp, zip"},
		{"HIRES", "%s: {file: ./token}", "secret", "sekret", "flows.ats.hires.sekret", `did you mean "secret"?`},
		{"HIRES", "secret: %s", "{file: ./token}", "{file: ./none}", "flows.ats.hires.secret", "secret cannot be read"},
		{"DIR", "attempts: %s", "1|10", "0|11|-1", "remotes.a.attempts", "want 1 to 10"},
		{"DIR", "retry_wait: %s", "1ns|30s|1h", "0s|-1s", "remotes.a.retry_wait", "want a positive duration such as 30s"},
		{"DIR", "temp_suffix: %s", ".part|.x", "a/b", "remotes.a.temp_suffix", "unusable file name"},
		{"DIR", "done_marker: %s", `"{file}.done"|ready`, `"{name}.done"`, "remotes.a.done_marker", "unknown placeholder: there is {file}"},
		{"DIR", "done_marker: ready, marker_text: %s", "ok", "", "", ""},
		{"DIR", "time_limit: %s", "1h", "0s|-1s", "remotes.a.time_limit", "want a positive duration"},
		{"SFTP", "port: %s", "1|22|65535", "0|65536|-1", "remotes.b.port", port},
		{"FTP", "port: %s", "1|21|65535", "0|65536|-1", "remotes.c.port", port},
		{"EXPORT", "limits: {min_rows: %s}", "0|1|100000", "-1", "flows.out.export.limits.min_rows", "want 0 or more rows"},
		{"EXPORT", "limits: {max_shrink: %s}", "0%|1%|100%", "101%|-1%|10|0.5", "flows.out.export.limits.max_shrink", percent},
		{"EXPORT", "limits: {max_rejected: %s}", "0%|100%", "101%|many", "flows.out.export.limits.max_rejected", percent},
		{"EXPORT", "limits: {max_leavers: %s}", "0%|100%", "101%", "flows.out.export.limits.max_leavers", percent},
		{"EXPORT", "limits: {changed_keys: %s}", "0%|100%", "101%", "flows.out.export.limits.changed_keys", percent},
		{"EXPORT", "population: {upcoming_days: %s}", "0|1|365", "-1", "flows.out.export.population.upcoming_days", days},
		{"EXPORT", "population: {leavers_days: %s}", "0|1|365", "-1", "flows.out.export.population.leavers_days", days},
		{"EXPORT", "manager_outside: %s", "keep|empty|reject", "drop", "flows.out.export.manager_outside", "want keep, empty or reject"},
		{"EXPORT", "descriptor: %s", "true|false", "1|maybe", "flows.out.export.descriptor", "want true or false"},
		{"EXPORT", "dialect: {format: fixed, header: false}, widths: {login: %s, employee_number: 9, last_name: 9, first_name: 9, manager_number: 9}", "1|40", "", "", ""},
		{"FLOW", "approvals: %s", "1|2", "3|-1", "flows.out.approvals", approval},
		{"FLOW", "catch_up: %s", "0s|12h|36500d", "-1h|36501d|soon", "flows.out.catch_up", age},
		{"FLOW", "schedule: %s", `"0 5 * * *"|"59 23 31 12 *"|"*/5 * * * 1-5"`, `"60 5 * * *"|"0 24 * * *"|"0 5 * *"|"0 5 32 * *"|daily`, "flows.out.schedule", "invalid schedule"},
		{"FLOW", "timezone: %s", "Europe/Paris|UTC|Indian/Reunion", "Paris|Local|Europe/Atlantis", "flows.out.timezone", "want a name such as Europe/Paris"},
		{"IMPORT", "limits: {creates: %s}", "0%|100%", "101%|-1%|5", "flows.in.import.limits.creates", percent},
		{"IMPORT", "limits: {ends: %s}", "0%|100%", "101%", "flows.in.import.limits.ends", percent},
		{"IMPORT", "limits: {shrink: %s}", "0%|100%", "101%", "flows.in.import.limits.shrink", percent},
		{"IMPORT", "limits: {rejected: %s}", "0%|100%", "101%", "flows.in.import.limits.rejected", percent},
		{"IMPORT", "limits: {identity_shift: %s}", "0%|100%", "101%", "flows.in.import.limits.identity_shift", percent},
		{"IMPORT", "limits: {changes_per_field: %s}", "0%|100%", "101%", "flows.in.import.limits.changes_per_field", percent},
		{"IMPORT", "end_by: contract, termination_reason: %s", "1|77", "-1", "flows.in.import.termination_reason", "from 1 up"},
		{"IMPORT", "dates: [DD/MM/YY], years_from: %s", "1901|1950|2000", "1900|2001", "flows.in.import.years_from", "want"},
		{"IMPORT", "pad: {employeenumber: %s}", "1|5", "0|-1|9999", "flows.in.import.pad.employeenumber", "want a number of digits from 1 to"},
		{"IMPORT", "header: {row: %s}", "1|3", "-1", "flows.in.import.header.row", "want the number of a row, from 1"},
		{"IMPORT", "approval: %s", "always|first|limits", "never", "flows.in.import.approval", "want always, first or limits"},
		{"IMPORT", "blank: %s", "keep|clear", "erase", "flows.in.import.blank", "want keep or clear"},
		{"IMPORT", "on_absent: %s", "report|end", "delete", "flows.in.import.on_absent", "want report or end"},
		{"IMPORT", "identifier: %s", "login|employee_number|mail|name", "salary", "flows.in.import.identifier", "want login, employee_number, mail or name"},
		{"IMPORT", "end_by: %s", "contract|user", "mail", "flows.in.import.end_by", "want contract or user"},
		{"IMPORT", "duplicates: %s", "first|reject", "last", "flows.in.import.duplicates", "want first or reject"},
		{"IMPORT", "reports: %s", "csv|xlsx", "pdf", "flows.in.import.reports", "want csv or xlsx"},
		{"IMPORT", "source: %s", "payroll|payroll-a|a_1", `"Payroll A"|"-a"`, "flows.in.import.source", "want a name of lower-case letters, digits, - and _"},
		{"IMPORT", "login: %s", `"{f}{last}"|"{first}.{last}"`, `"{x}"|"x"`, "flows.in.import.login", ""},
		{"IMPORT", "mail_shared: %s", "[plant@acme.example]|[]", "[everybody]", "flows.in.import.mail_shared[0]", "is no e-mail address"},
		{"PICKUP", "expect_by: %s", `"00:00"|"07:00"|"23:59"`, `"24:00"|"7h"|"12:60"`, "flows.in.expect_by", "want a time of the day such as 07:00"},
		{"PICKUP", "pickup: {settle: %s}", "1ns|10s|1h", "0s|-1s", "flows.in.pickup.settle", "want a positive duration such as"},
		{"PICKUP", "pickup: {max_bytes: %s}", "1|1000000", "0|-1", "flows.in.pickup.max_bytes", "want"},
		{"PICKUP", "pickup: {marker: %s}", `"{file}.done"`, `done|"{file}"|"{name}.done"|"a/{file}"`, "flows.in.pickup.marker", ""},
		{"PICKUP", "pickup: {keep: %s}", "true|false", "1|maybe", "flows.in.pickup.keep", "want true or false"},
		{"HIRES", "country: %s", "FR|DE|BE", "XX|France", "flows.ats.hires.country", "want a country code such as FR or DE"},
		{"HIRES", "contract_type: %s", "e_kind", "kind|e_", "flows.ats.hires.contract_type", "want the code of a custom field"},
		{"HIRES", "approval: %s", "always|first|limits", "never", "flows.ats.hires.approval", "want always, first or limits"},
		{"HIRES", "limits: {creates: %s}", "0%|100%", "101%", "flows.ats.hires.limits.creates", percent},
		{"SMTP", "port: %s", "1|25|65535", "0|65536|-1", "notify[0].email.smtp.port", port},
		{"SMTP", "tls: %s", "starttls|implicit", "maybe", "notify[0].email.smtp.tls", "want starttls, implicit or none"},
		{"NOTIFY", "on: [%s]", "failed|held|rejections|missing|warning", "done|nothing", "notify[0].on[0]", "want failed, held, rejections, missing or warning"},
		{"NOTIFY", "digest: %s", `"0 8 * * 1"`, `"61 8 * * 1"`, "notify[0].digest", "invalid schedule"},
		{"NOTIFY", "language: %s", "en|fr|de", "it|français", "notify[0].language", "want"},
		{"RETENTION", "runs: %s", "0d|400d|36500d|36h", "-1d|36501d|400|1.5d", "retention.runs", age},
		{"RETENTION", "spool: %s", "1B|500MB|5GB|2TB", "-1GB|1 PB|lots", "retention.spool", size},
	} {
		t.Run(tt.place+" "+tt.key, func(t *testing.T) {
			t.Parallel()
			for _, value := range strings.Split(tt.good, "|") {
				if faults := tried(t, tt.place, tt.key, value); faults.Fatal() {
					t.Errorf("%s is refused: %v", value, faults)
				}
			}
			for _, value := range strings.Split(tt.bad, "|") {
				if value == "" {
					continue
				}
				faults := tried(t, tt.place, tt.key, value)
				if len(faults) != 1 || faults[0].Path != tt.path || !strings.Contains(faults[0].Message, tt.says) || faults[0].Line < 2 {
					t.Errorf("%s says %v, want one of %s: %s", value, faults, tt.path, tt.says)
				}
			}
		})
	}
}

// tried are the faults of the configuration with a key in one of its places.
func tried(t *testing.T, place, key, value string) config.Faults {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "key"), []byte("k"))
	write(t, filepath.Join(dir, "token"), []byte("0123456789abcdef0123456789abcdef"))
	text := strings.Replace(all, "<"+place+">", ", "+strings.Replace(key, "%s", value, 1), 1)
	text = regexp.MustCompile(`<[A-Z]+>`).ReplaceAllString(text, "")
	path := filepath.Join(dir, "lucca-exchange.yaml")
	write(t, path, []byte(text))
	_, faults := config.Load(path, app.Registry())
	return faults
}

// TestDefaultsOfEachKindOfFlow are those of the reference: a flow that says next to nothing does this.
func TestDefaultsOfEachKindOfFlow(t *testing.T) {
	t.Parallel()
	c := load(t, `
lucca: {url: "https://acme.ilucca.net", api_key: {file: ./key}}
remotes: {a: {type: dir, dir: in}, b: {type: dir, dir: out}}
flows:
  out: {export: {profile: skillup}, to: b, file: out.csv}
  in: {import: {}, from: a, pattern: "in*.csv"}
  ats: {hires: {source: generic}, from: a, pattern: "ats*.csv"}
`)
	for name, want := range map[string]string{
		"out": `export.dialect.format: csv
export.limits.min_rows: 1
export.limits.max_shrink: 10%
export.limits.max_rejected: 5%
export.limits.max_leavers: 20%
export.limits.max_joiners: 20%
export.limits.changes_per_column: 20%
export.limits.emptied_per_column: 5%
export.limits.jumps_per_column: 5%
export.limits.given_per_column: 20%
export.limits.changed_keys: 2%
export.limits.dangling_managers: 20%
export.limits.max_establishment: 50%
export.limits.values_per_establishment: 50%
approvals: 1
catch_up: 12h`,
		"in": `import.identifier: login
import.mode: delta
import.on_absent: report
import.blank: keep
import.login: {f}{last}
import.years_from: 1940
import.duplicates: first
import.reports: csv
import.approval: first
import.limits.ends: 5%
import.limits.creates: 20%
import.limits.changes_per_field: 20%
import.limits.rejected: 20%
import.limits.identity_shift: 1%
import.limits.shrink: 20%
import.apply: api
approvals: 1
catch_up: 12h`,
		"ats": `hires.login: {f}{last}
hires.country: FR
hires.approval: first
hires.limits.ends: 5%
hires.limits.creates: 20%
hires.limits.changes_per_field: 20%
hires.limits.rejected: 20%
hires.limits.identity_shift: 1%
hires.limits.shrink: 20%
approvals: 1
catch_up: 12h`,
	} {
		var got []string
		for _, s := range c.Settings(c.Flows[name]) {
			if s.Default && !strings.HasPrefix(s.Path, "remotes.") {
				got = append(got, s.Path+": "+s.Value)
			}
		}
		if diff := cmp.Diff(strings.Split(want, "\n"), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestWhatEnds is said of a certificate that the daemon shows and of those that it was shown, the first
// one first; what cannot be read, or was not seen yet, is not.
func TestWhatEnds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	soon, later := time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC), time.Date(2028, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, tt := range map[string]struct {
		certificate []byte
		remotes     map[string]time.Time
		want        string
	}{
		"nothing":                    {nil, nil, ""},
		"our own":                    {certificate(t, later), nil, "certificate web.tls.certificate 2028"},
		"one that is none":           {[]byte("nonsense"), nil, ""},
		"one that is damaged":        {[]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), nil, ""},
		"that of a remote":           {nil, map[string]time.Time{"a": soon}, "server_certificate remotes.a 2027"},
		"one that was not seen yet":  {nil, map[string]time.Time{"a": {}}, ""},
		"several":                    {certificate(t, soon), map[string]time.Time{"a": later, "b": {}}, "certificate web.tls.certificate 2027, server_certificate remotes.a 2028"},
		"several, in the other turn": {certificate(t, later), map[string]time.Time{"b": soon, "a": soon}, "server_certificate remotes.a 2027, server_certificate remotes.b 2027, certificate web.tls.certificate 2028"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(dir, strings.ReplaceAll(name, " ", "-")+".pem")
			c := &config.Config{Remotes: map[string]config.Remote{"none": {}}}
			if tt.certificate != nil {
				write(t, path, tt.certificate)
				c.Web = &web.Config{TLS: &web.TLS{Certificate: path}}
			}
			for remote, at := range tt.remotes {
				c.Remotes[remote] = config.Remote{Ends: func() time.Time { return at }}
			}
			var got []string
			for _, e := range c.Ends(soon.AddDate(0, 0, -1)) {
				if (e.Remote != "") != (e.Kind == config.EndServer) || e.Flow != "" {
					t.Errorf("whose is %+v?", e)
				}
				got = append(got, string(e.Kind)+" "+e.Path+" "+e.At.Format("2006"))
			}
			if got := strings.Join(got, ", "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	for _, w := range []*web.Config{nil, {}, {TLS: &web.TLS{Certificate: filepath.Join(dir, "none")}}} {
		if got := (&config.Config{Common: config.Common{Web: w}}).Ends(soon); len(got) > 0 {
			t.Errorf("without a certificate: %+v", got)
		}
	}
}

// TestKeysThatEnd are told by their place: the partner's, whoever of us uses them, and our own.
func TestKeysThatEnd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, lifetime := range map[string]int32{"partner": 40, "own": 20, "ever": 0} {
		private, public := pgpKeyOf(t, lifetime*24*60*60)
		write(t, filepath.Join(dir, name), []byte(private))
		write(t, filepath.Join(dir, name+".asc"), []byte(public))
	}
	write(t, filepath.Join(dir, "key"), []byte("k"))
	write(t, filepath.Join(dir, "c.yaml"), []byte(`
lucca: {url: "https://acme.ilucca.net", api_key: {file: ./key}}
remotes: {a: {type: dir, dir: a}}
flows:
  in: {import: {}, from: a, pattern: "users*", unwrap: [{openpgp: {private_key: {file: ever}, signed_by: [ever.asc, partner.asc]}}, gzip]}
  out: {export: {profile: skillup}, to: a, file: a.csv, wrap: [gzip, {openpgp: {recipients: [partner.asc, ever.asc], sign_with: {file: own}}}]}
`))
	c, faults := config.Load(filepath.Join(dir, "c.yaml"), app.Registry())
	if c == nil {
		t.Fatal(faults)
	}
	var got []string
	now := time.Now()
	for _, e := range c.Ends(now) {
		got = append(got, fmt.Sprint(e.Kind, " of ", e.Flow, " at ", e.Path, " in ", int(e.At.Sub(now).Round(10*24*time.Hour)/(24*time.Hour)), " days"))
	}
	want := []string{
		"own_key of out at flows.out.wrap[1].openpgp.sign_with in 20 days",
		"partner_key of in at flows.in.unwrap[0].openpgp.signed_by[1] in 40 days",
		"partner_key of out at flows.out.wrap[1].openpgp.recipients[0] in 40 days",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// certificate is one of our own that ends then.
func certificate(t *testing.T, end time.Time) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: end.AddDate(-1, 0, 0), NotAfter: end}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
