package config_test

import (
	"crypto/rand"
	"encoding"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/ProtonMail/gopenpgp/v3/crypto"
	"go.yaml.in/yaml/v4"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/secret"
)

// approvedHeld are three flows that hold runs.
const approvedHeld = `
lucca: {url: "https://acme.example", api_key: {file: key}}
web: {listen: "127.0.0.1:0"}
remotes:
  a: {type: sftp, host: sftp.partner.example, port: 22, user: acme, password: {file: key}, host_keys: ["SHA256:uNiVztksCsDhcc0u9e8BrJQ4Nvwn6yXzBHdAN5vs5yE"], dir: /in}
  b: {type: dir, dir: other}
flows:
  out:
    export: {profile: skillup, columns: [job_title, phone], limits: {max_shrink: 10%}}
    to: a
    file: skillup.csv
    wrap: [{age: {recipients: [PARTNER]}}]
  in:
    import: {approval: always, defaults: {legalEntity: Lyon}, limits: {creates: 20%}}
    from: b
    pattern: "users_*.csv"
    unwrap: [{age: {identity: {file: identity}}}]
  ats:
    hires: {source: generic, webhook_token: {file: token}, login: "{f}{last}", defaults: {legalEntity: Lyon}}
`

// approvedSealed is a flow out and one in with every other way of wrapping, one with widths, and one
// of dropped files of hires.
const approvedSealed = `
  sealed: {export: {profile: place-de-la-formation}, to: b, file: sealed.csv, wrap: [zip, {openpgp: {recipients: [ours.asc], sign_with: {file: own.asc}}}]}
  opened: {import: {}, from: b, pattern: "opened_*", unwrap: [{openpgp: {private_key: {file: own.asc}, signed_by: [ours.asc]}}, {zip: {entry: "*.csv"}}]}
  columns: {export: {profile: skillup, dialect: {format: fixed, header: false}, widths: {login: 30, employee_number: 9, last_name: 9, first_name: 9, manager_number: 9}}, to: b, file: columns.txt}
  dropped: {hires: {source: generic, defaults: {by: [{when: {legalEntity: Lyon}, set: {department: Sales}}]}}, from: b, pattern: "hires_*.csv", unwrap: gzip}
`

func identity(t *testing.T) *age.X25519Identity {
	t.Helper()
	i, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// changes are rows of a flow, what the configuration has, what it has a day later, and which keys of a
// held run that changes.
func changes() []struct{ flow, old, new, want string } {
	return []struct{ flow, old, new, want string }{
		{"out", "to: a", "to: b", "remotes.a, remotes.b, to"},
		{"out", "profile: skillup, columns: [job_title, phone]", "profile: 360learning", "columns of the export, export.profile"},
		{"out", "[job_title, phone]", "[job_title]", "columns of the export"},
		{"out", "[job_title, phone]", "[phone, job_title]", "columns of the export"},
		{"out", "columns: [job_title, phone]", "columns: [job_title, phone], dialect: {separator: \",\"}", "dialect of the export"},
		{"out", "columns: [job_title, phone]", "columns: [job_title, phone], dialect: {encoding: windows-1252}", "dialect of the export"},
		{"out", ", limits: {max_shrink: 10%}}\n    to: a\n    file: skillup.csv", ", split: establishment}\n    to: a\n    file: \"skillup_{establishment}.csv\"", "export.split, file"},
		{"out", "file: skillup.csv", "file: other.csv", "file"},
		{"out", "    wrap: [{age: {recipients: [PARTNER]}}]\n", "", "wrap"},
		{"out", "wrap: [{age", "wrap: [gzip, {age", "wrap"},
		{"out", "PARTNER", "STRANGER", "wrap"},
		{"out", "sftp.partner.example", "sftp.other.example", "remotes.a"},
		{"out", "port: 22", "port: 2222", "remotes.a"},
		{"out", "user: acme", "user: acme2", "remotes.a"},
		{"out", "dir: /in", "dir: /out", "remotes.a"},
		{"out", "dir: /in}", "dir: /in, jump: {host: jump.example, port: 2222, user: acme, password: {file: key}, host_keys: [\"SHA256:uNiVztksCsDhcc0u9e8BrJQ4Nvwn6yXzBHdAN5vs5yE\"]}}", "remotes.a.jump"},
		{"out", "dir: /in}", "dir: /in, proxy: \"socks5://proxy.example:1080\"}", "remotes.a.proxy"},
		{"out", "acme.example", "other.example", "lucca.url"},
		{"out", "max_shrink: 10%", "max_shrink: 50%", ""},
		{"out", "file: skillup.csv", "file: skillup.csv\n    schedule: \"0 5 * * *\"", ""},
		{"out", "password: {file: key}", "password: {file: other}", ""},
		{"out", "dir: other", "dir: elsewhere", ""},
		{"in", "from: b", "from: a", "from, remotes.a, remotes.b"},
		{"in", "dir: other", "dir: elsewhere", "remotes.b"},
		{"in", "approval: always", "approval: always, mode: full, on_absent: report", "import.mode, import.on_absent"},
		{"in", "approval: always", "approval: always, blank: clear", "import.blank"},
		{"in", "approval: always", "approval: always, identifier: employee_number", "import.identifier"},
		{"in", "approval: always", "approval: always, protect: [\"1\"]", "import.protect"},
		{"in", "approval: always", "approval: always, separator: \",\"", "import.separator"},
		{"in", "approval: always", "approval: always, encoding: windows-1252", "import.encoding"},
		{"in", "approval: always", "approval: always, ignore: [x]", "import.ignore"},
		{"in", "approval: always", "approval: always, columns: {Matricule: employeenumber}", "import.columns"},
		{"in", "approval: always", "approval: always, header: {row: 3}", "import.header"},
		{"in", "approval: always", "approval: always, header: {skip: \"^#\"}", "import.header"},
		{"in", "{approval: always, defaults: {legalEntity: Lyon}, limits: {creates: 20%}}", "{approval: always, apply: relay, defaults: {legalEntity: Lyon}, limits: {creates: 20%}}\n    to: a", "import.apply, remotes.a, to"},
		{"in", "legalEntity: Lyon}, limits", "legalEntity: Lyon, by: [{when: {department: Support}, set: {legalEntity: Nantes}}]}, limits", "import.defaults"},
		{"in", "approval: always", "approval: always, footer: \"^Total\"", "import.footer"},
		{"in", "approval: always", "approval: always, sheet: Staff", "import.sheet"},
		{"in", "approval: always", "approval: always, ignore_unknown: true", "import.ignore_unknown"},
		{"in", "approval: always", "approval: always, dates: [MM/DD/YYYY]", "import.dates"},
		{"in", "approval: always", "approval: always, dates: [DD/MM/YY], years_from: 1950", "import.dates, import.years_from"},
		{"in", "approval: always", "approval: always, values: {gender: {Frau: Female}}", "import.values"},
		{"in", "approval: always", "approval: always, constants: {legalEntity: Lyon}", "import.constants"},
		{"in", "approval: always", "approval: always, name: {column: Nom, order: last first}", "import.name"},
		{"in", "approval: always", "approval: always, pad: {employeenumber: 5}", "import.pad"},
		{"in", "approval: always", "approval: always, open_end: [\"31/12/2099\"]", "import.open_end"},
		{"in", "approval: always", "approval: always, \"null\": [NULL]", "import.null"},
		{"in", "approval: always", "approval: always, duplicates: reject", "import.duplicates"},
		{"in", "approval: always", "approval: always, mail_shared: [desk@acme.example]", "import.mail_shared"},
		{"in", "approval: always", "approval: always, login: \"{f}{last}\"", "import.login"},
		{"in", "approval: always", "approval: always, end_by: contract", "import.end_by"},
		{"in", "approval: always", "approval: always, termination_reason: 3", "import.termination_reason"},
		{"in", "approval: always", "approval: always, mode: full, source: payroll", "import.mode, import.source"},
		{"in", "approval: always", "approval: always, reports: xlsx", ""},
		{"in", "unwrap: [{age", "unwrap: [gzip, {age", "unwrap"},
		{"in", "[{age: {identity: {file: identity}}}]", "[zip]", "unwrap"},
		{"in", "[{age: {identity: {file: identity}}}]", "[{zip: {entry: \"users.csv\"}}]", "unwrap"},
		{"in", "legalEntity: Lyon}, limits", "legalEntity: Lyon, by: [{when: {legalEntity: Nantes}, set: {department: Support}}]}, limits", "import.defaults"},
		{"in", "legalEntity: Lyon}, limits", "legalEntity: Nantes}, limits", "import.defaults"},
		{"in", "    unwrap: [{age: {identity: {file: identity}}}]\n", "", "unwrap"},
		{"in", "acme.example", "other.example", "lucca.url"},
		{"in", "creates: 20%", "creates: 90%", ""},
		{"in", "approval: always", "approval: limits", ""},
		{"in", "users_*.csv", "people_*.csv", ""},
		{"ats", "source: generic", "source: arca24", "hires.source"},
		{"ats", "{f}{last}", "{first}.{last}", "hires.login"},
		{"ats", "{f}{last}\", defaults: {legalEntity: Lyon}", "{f}{last}\", defaults: {legalEntity: Nantes}", "hires.defaults"},
		{"ats", "source: generic", "source: generic, country: BE", "hires.country"},
		{"ats", "source: generic", "source: generic, contract_type: e_kind", "hires.contract_type"},
		{"ats", "webhook_token: {file: token}", "webhook_token: {file: other}", ""},
		{"sealed", "{profile: place-de-la-formation}", "{profile: place-de-la-formation, omit: [mail]}", "columns of the export"},
		{"out", "columns: [job_title, phone]", "columns: [job_title, phone], headers: {phone: Telephone}", "columns of the export"},
		{"out", "columns: [job_title, phone]", "columns: [job_title, phone], dialect: {line_end: lf}", "dialect of the export"},
		{"out", "columns: [job_title, phone]", "columns: [job_title, phone], dialect: {quote: all}", "dialect of the export"},
		{"out", "columns: [job_title, phone]", "columns: [job_title, phone], dialect: {date: YYYYMMDD}", "dialect of the export"},
		{"out", "columns: [job_title, phone]", "columns: [job_title, phone], dialect: {decimal: .}", "dialect of the export"},
		{"out", "columns: [job_title, phone]", "columns: [job_title, phone], dialect: {header: false}", "dialect of the export"},
		{"out", "columns: [job_title, phone]", "columns: [job_title, phone], dialect: {formulas: reject}", "dialect of the export"},
		{"out", "columns: [job_title, phone]", "columns: [job_title, phone], dialect: {format: json}", "dialect of the export"},
		{"out", "columns: [job_title, phone]", "columns: [job_title, phone], dialect: {transliterate: true}", "dialect of the export"},
		{"out", "columns: [job_title, phone]", "columns: [job_title, phone], manager_outside: empty", ""},
		{"out", "columns: [job_title, phone]", "columns: [job_title, phone], population: {upcoming_days: 3}", ""},
		{"out", "columns: [job_title, phone]", "columns: [job_title, phone], descriptor: true", ""},
		{"out", "wrap: [{age: {recipients: [PARTNER]}}]", "wrap: [{age: {recipients_file: people}}]", "wrap"},
		{"out", "{recipients: [PARTNER]}", "{recipients: [PARTNER], armor: true}", "wrap"},
		{"out", "{recipients: [PARTNER]}", "{recipients: [PARTNER], suffix: .secret}", "wrap"},
		{"out", "wrap: [{age", "wrap: [{gzip: {suffix: .z}}, {age", "wrap"},
		{"out", "type: sftp, host: sftp.partner.example, port: 22, user: acme, password: {file: key}, host_keys: [\"SHA256:uNiVztksCsDhcc0u9e8BrJQ4Nvwn6yXzBHdAN5vs5yE\"]", "type: ftpes, host: sftp.partner.example, port: 22, user: acme, password: {file: key}", "remotes.a"},
		{"out", "dir: /in}", "dir: /in, done_marker: \"{file}.done\"}", ""},
		{"sealed", "[ours.asc], sign_with", "[theirs.asc], sign_with", "wrap"},
		{"sealed", "[ours.asc], sign_with", "[ours.asc, theirs.asc], sign_with", "wrap"},
		{"sealed", "sign_with: {file: own.asc}", "sign_with: {file: other.asc}", "wrap"},
		{"sealed", ", sign_with: {file: own.asc}", "", "wrap"},
		{"sealed", "[ours.asc], sign_with", "[ours.asc], armor: true, sign_with", "wrap"},
		{"sealed", "[ours.asc], sign_with", "[ours.asc], suffix: .pgp, sign_with", "wrap"},
		{"sealed", "wrap: [zip, ", "wrap: [{zip: {suffix: .archive}}, ", "wrap"},
		{"sealed", "wrap: [zip, ", "wrap: [", "wrap"},
		{"opened", "signed_by: [ours.asc]", "signed_by: [theirs.asc]", "unwrap"},
		{"opened", ", signed_by: [ours.asc]", "", "unwrap"},
		{"opened", "entry: \"*.csv\"", "entry: \"users.csv\"", "unwrap"},
		{"opened", "private_key: {file: own.asc}", "private_key: {file: other.asc}", ""},
		{"columns", "{login: 30,", "{login: 31,", "export.widths"},
		{"dropped", "unwrap: gzip", "unwrap: zip", "unwrap"},
		{"dropped", "when: {legalEntity: Lyon}", "when: {legalEntity: Nantes}", "hires.defaults"},
		{"dropped", "when: {legalEntity: Lyon}, set: {department: Sales}", "when: {department: Support}, set: {legalEntity: Lyon}", "hires.defaults"},
		{"dropped", "set: {department: Sales}", "set: {department: Support}", "hires.defaults"},
		{"dropped", "{source: generic, defaults: {by", "{source: generic, fields: {Nom: lastName}, defaults: {by", ""},
	}
}

// TestWhatVoidsAHeldRun: a run that waits for a person is not approved once something was changed that
// decides what becomes of it. What decides when, or how much of it needs a person, is no such change.
func TestWhatVoidsAHeldRun(t *testing.T) {
	t.Parallel()
	partner, stranger := identity(t), identity(t)
	people := strings.NewReplacer("PARTNER", partner.Recipient().String(), "STRANGER", stranger.Recipient().String())
	dir := t.TempDir()
	files := map[string]string{
		"key": "k", "token": "0123456789abcdef0123456789abcdef", "other": "fedcba9876543210fedcba9876543210",
		"identity": partner.String(), "people": partner.Recipient().String(),
	}
	files["own.asc"], files["ours.asc"] = pgpKey(t)
	files["other.asc"], files["theirs.asc"] = pgpKey(t)
	for name, content := range files {
		write(t, filepath.Join(dir, name), []byte(content))
	}
	settings := func(t *testing.T, text, name string) flow.Settings {
		path, s := filepath.Join(dir, rand.Text()+".yaml"), make(flow.Settings)
		write(t, path, []byte(people.Replace(text)))
		c, faults := config.Load(path, app.Registry())
		if c == nil {
			t.Fatal(faults)
		}
		c.Approved(c.Flows[name], s.Add)
		return s
	}
	for _, tt := range changes() {
		t.Run(tt.flow+" "+tt.new, func(t *testing.T) {
			t.Parallel()
			was := settings(t, approvedHeld+approvedSealed, tt.flow)
			now := settings(t, strings.Replace(approvedHeld+approvedSealed, tt.old, tt.new, 1), tt.flow)
			if got := strings.Join(differing(was, now), ", "); got != tt.want {
				t.Errorf("changed: %q, want %q", got, tt.want)
			}
		})
	}
}

// pgpKey makes an OpenPGP key, and the public part of it.
func pgpKey(t *testing.T) (private, public string) {
	t.Helper()
	return pgpKeyOf(t, 0)
}

// pgpKeyOf makes one that lasts for some seconds, or for ever.
func pgpKeyOf(t *testing.T, seconds int32) (private, public string) {
	t.Helper()
	key, err := crypto.PGP().KeyGeneration().AddUserId("Acme", "files@acme.example").Lifetime(seconds).New().GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	private, err = key.Armor()
	if err != nil {
		t.Fatal(err)
	}
	public, err = key.GetArmoredPublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return private, public
}

// differing are the keys that two maps have otherwise.
func differing(a, b map[string]string) []string {
	both := maps.Clone(a)
	maps.Copy(both, b)
	maps.DeleteFunc(both, func(key, _ string) bool { return a[key] == b[key] })
	return slices.Sorted(maps.Keys(both))
}

// leftAsApproved are the keys whose change leaves a held run what it was when somebody looked at it.
var leftAsApproved = []struct{ why, keys string }{
	{"the file or the plan that is held was made before",
		"export.population export.values export.sources export.manager_outside export.descriptor lucca.contract_types lucca.extensions lucca.cost_center_axes lucca.annual_salary"},
	{"the hires that are held were read before",
		"hires.company hires.url hires.columns hires.separator hires.encoding hires.header hires.footer hires.sheet hires.ignore hires.ignore_unknown hires.fields hires.dates hires.years_from"},
	{"it says when a person is asked, and how many", "export.limits import.limits import.approval hires.limits hires.approval approvals"},
	{"it says when a run begins, and which files it takes", "schedule timezone catch_up expect_by pattern pickup"},
	{"it says how large a file may be", "import.caps"},
	{"it says what a report looks like", "import.reports"},
	{"it says how we log in, and the place is the same",
		"lucca.api_key lucca.oauth hires.webhook_token hires.api_key hires.secret remotes.password remotes.private_key remotes.passphrase remotes.certificate remotes.agent remotes.client_certificate remotes.client_key remotes.proxy_user remotes.proxy_password remotes.jump.password remotes.jump.private_key remotes.jump.passphrase remotes.jump.certificate remotes.jump.agent"},
	{"it says how the server shows that it is the one", "remotes.host_keys remotes.known_hosts remotes.algorithms remotes.ca_file remotes.certificates remotes.tls_min remotes.tls_max remotes.tls_rsa_key_exchange remotes.allow_plaintext remotes.jump.host_keys remotes.jump.known_hosts"},
	{"it says how the same file is put in the same place", "remotes.in_place remotes.done_marker remotes.marker_text remotes.temp_suffix remotes.temp_prefix remotes.temp_dir remotes.create_dir remotes.mode remotes.write_only remotes.use_fstat remotes.concurrent_reads remotes.disable_epsv remotes.disable_mlsd"},
	{"it says how patient we are", "lucca.requests_per_minute remotes.attempts remotes.retry_wait remotes.time_limit remotes.connect_timeout remotes.idle_timeout"},
	{"it is a key of ours, not of the partner", "wrap.openpgp.passphrase unwrap.openpgp.private_key unwrap.openpgp.passphrase unwrap.age.identity"},
}

// TestEveryKeyVoidsAHeldRunOrIsExcused: a key that is added to a flow, a remote or Lucca is shown in
// changes to void what was held before, or named in leftAsApproved.
func TestEveryKeyVoidsAHeldRunOrIsExcused(t *testing.T) {
	t.Parallel()
	voids, alone := make(map[string]bool), make(map[string]bool)
	for _, tt := range changes() {
		text := strings.Replace(approvedHeld+approvedSealed, tt.old, tt.new, 1)
		was, now := written(t, approvedHeld+approvedSealed), written(t, text)
		changed := differing(was, now)
		if len(changed) == 0 {
			t.Errorf("nothing was changed: %s", tt.new)
		}
		for _, key := range changed {
			voids[key] = voids[key] || tt.want != ""
			alone[key] = alone[key] || tt.want != "" && len(changed) == 1 && was[key] != "" && now[key] != ""
		}
	}
	excused := make(map[string]string)
	for _, of := range leftAsApproved {
		for key := range strings.FieldsSeq(of.keys) {
			excused[key] = of.why
		}
	}
	within := func(key, group string) bool { return key == group || strings.HasPrefix(key, group+".") }
	all := everyKey()
	for _, key := range all {
		var shown, why, wrong bool
		for group := range excused {
			why = why || within(key, group)
		}
		for row, does := range voids {
			shown = shown || does && within(row, key)
			wrong = wrong || alone[row] && within(row, key)
		}
		if !shown && !why {
			t.Errorf("%s: a run that was held before it was changed can be approved: name it in approved.go, or in leftAsApproved", key)
		}
		if wrong && why {
			t.Errorf("%s voids a held run, and is excused", key)
		}
	}
	for group, why := range excused {
		if !slices.ContainsFunc(all, func(key string) bool { return within(key, group) }) {
			t.Errorf("there is no key %s any more of which %q could be said", group, why)
		}
	}
}

// everyKey lists the keys of a flow of any kind, of remotes of any type and of Lucca.
func everyKey() []string {
	found := make(map[string]bool)
	var walk func(t reflect.Type, at string)
	walk = func(t reflect.Type, at string) {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		_, text := reflect.New(t).Interface().(encoding.TextUnmarshaler)
		if _, own := reflect.New(t).Interface().(yaml.Unmarshaler); t.Kind() != reflect.Struct || text || own && at != "hires" || t == reflect.TypeFor[secret.Ref]() {
			found[at] = true
			return
		}
		for f := range t.Fields() {
			switch name, how, _ := strings.Cut(f.Tag.Get("yaml"), ","); {
			case how == "inline":
				walk(f.Type, at)
			case name != "" && name != "-":
				walk(f.Type, strings.TrimPrefix(at+"."+name, "."))
			}
		}
	}
	walk(reflect.TypeFor[config.Flow](), "")
	walk(reflect.TypeFor[lucca.Config](), "lucca")
	walk(reflect.TypeFor[delivery.Options](), "remotes")
	for _, transport := range app.Registry().Transports {
		walk(reflect.TypeOf(transport.Section()), "remotes")
	}
	for _, source := range app.Registry().Sources {
		walk(reflect.TypeOf(source.Section()), "hires")
	}
	return slices.Sorted(maps.Keys(found))
}

// written is what a configuration says of each key, whichever the flow or the remote.
func written(t *testing.T, text string) map[string]string {
	t.Helper()
	var document map[string]any
	if err := yaml.Load([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	said := make(map[string]string)
	var walk func(v any, at string)
	walk = func(v any, at string) {
		switch v := v.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				walk(v[key], strings.TrimPrefix(at+"."+key, "."))
			}
		case []any:
			for _, item := range v {
				walk(item, at)
			}
		default:
			said[strings.TrimPrefix(whose.ReplaceAllString(at, "$1"), "flows.")] += fmt.Sprint(v, ";")
		}
	}
	walk(document, "")
	return said
}

// whose is the name of a flow or a remote in the path of a key.
var whose = regexp.MustCompile(`^(flows\.|remotes\.)[^.]+\.`)
