package config_test

import (
	"crypto/rand"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/flow"
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

func identity(t *testing.T) *age.X25519Identity {
	t.Helper()
	i, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// TestWhatVoidsAHeldRun: a run that waits for a person is not approved once something was changed that
// decides what becomes of it. What decides when, or how much of it needs a person, is no such change.
func TestWhatVoidsAHeldRun(t *testing.T) {
	t.Parallel()
	partner, stranger := identity(t), identity(t)
	people := strings.NewReplacer("PARTNER", partner.Recipient().String(), "STRANGER", stranger.Recipient().String())
	dir := t.TempDir()
	for name, content := range map[string]string{
		"key": "k", "token": "0123456789abcdef0123456789abcdef", "other": "fedcba9876543210fedcba9876543210", "identity": partner.String(),
	} {
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
	for _, tt := range []struct{ flow, old, new, want string }{
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
		{"out", "dir: /in}", "dir: /in, jump: {host: jump.example, user: acme, password: {file: key}, host_keys: [\"SHA256:uNiVztksCsDhcc0u9e8BrJQ4Nvwn6yXzBHdAN5vs5yE\"]}}", "remotes.a.jump"},
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
		{"in", "approval: always", "approval: always, null: [NULL]", "import.null"},
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
	} {
		t.Run(tt.flow+" "+tt.new, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(approvedHeld, tt.old, tt.new, 1)
			if text == approvedHeld {
				t.Fatal("nothing was changed")
			}
			was, now := settings(t, approvedHeld, tt.flow), settings(t, text, tt.flow)
			all := maps.Clone(was)
			maps.Copy(all, now)
			var changed []string
			for _, key := range slices.Sorted(maps.Keys(all)) {
				if was[key] != now[key] {
					changed = append(changed, key)
				}
			}
			if got := strings.Join(changed, ", "); got != tt.want {
				t.Errorf("changed: %q, want %q", got, tt.want)
			}
		})
	}
}

// needsNobody are the keys of an import that change nothing of what becomes of a file.
var needsNobody = []string{"approval", "limits", "caps", "reports"}

// TestEveryKeyOfAnImportVoidsAHeldRun: a key that is added is among them, or changes no plan.
func TestEveryKeyOfAnImportVoidsAHeldRun(t *testing.T) {
	t.Parallel()
	settings := func(i *config.Import) flow.Settings {
		s := make(flow.Settings)
		new(config.Config).Approved(config.Flow{Import: i}, s.Add)
		return s
	}
	blank := settings(new(config.Import))
	var try func(of reflect.Type, at []int)
	tried := 0
	try = func(of reflect.Type, at []int) {
		for _, f := range reflect.VisibleFields(of) {
			key, how, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			if len(f.Index) > 1 || key == "-" || slices.Contains(needsNobody, key) {
				continue
			}
			place := slices.Concat(at, f.Index)
			if how == "inline" {
				try(f.Type, place)
				continue
			}
			i := new(config.Import)
			fill(t, reflect.ValueOf(i).Elem().FieldByIndex(place))
			if tried++; maps.Equal(blank, settings(i)) {
				t.Errorf("%s: a run that was held before it was set can be approved: name it in approved.go, or in needsNobody", key)
			}
		}
	}
	try(reflect.TypeFor[config.Import](), nil)
	if tried < 25 {
		t.Errorf("only %d keys were tried", tried)
	}
}

// fill makes a value other than the one of a key that was left out.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Int:
		v.SetInt(7)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(t, v.Index(0))
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(t, key)
		fill(t, value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	default:
		t.Fatalf("no value of %s", v.Type())
	}
}
