package main

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/message/messagetest"
)

// TestReadersMeetNoEnglish: nothing that any command says to a person in French or German has a word
// that only English has, but in commands, keys, names and what partners and logs call things.
func TestReadersMeetNoEnglish(t *testing.T) {
	t.Parallel()
	_, lucca := serve(t, company(time.Now()))
	agreed := headers(t)
	for _, l := range message.Languages()[1:] {
		t.Run(string(l), func(t *testing.T) {
			t.Parallel()
			for _, line := range strings.Split(everythingSaid(t, lucca, l), "\n") {
				if strings.Contains(line, ": https://") {
					continue // the title of a page, which is in English
				}
				told := agreed.Replace(notToBeTold.ReplaceAllString(line, " "))
				if w := messagetest.English(told); w != "" {
					t.Errorf("%q in: %s", w, line)
				}
			}
		})
	}
}

// notToBeTold is what no language changes: commands, options, keys, codes, paths, addresses, what stands
// between quotes, and lines of a log or of a configuration.
var notToBeTold = regexp.MustCompile("`[^`]*`|\"[^\"]*\"|«[^»]*»|„[^“]*“|(?:lucca-exchange|exec|sudo -u)( [a-z-]+)*|--[a-z-]+|[a-z]+_[a-z_]+|[\\w.-]*[/\\\\]\\S*|[a-z_]+:( |$)|\\([a-z_.]+\\)|[0-9a-f-]*[0-9][0-9a-f-]{5,}|#.*$|\\{[^}]*\\}|^ *(gpg|age|useradd|systemctl) .*")

// headers takes out the column headers that partners have agreed to, the longest first.
func headers(t *testing.T) *strings.Replacer {
	t.Helper()
	var all []string
	profiles, err := inspect.Profiles(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range profiles {
		for _, c := range p.Columns {
			all = append(all, c.Header)
		}
		for _, from := range p.Sources {
			all = append(all, from.Title)
		}
	}
	all = append(all, "flat file")
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, header := range all {
		if header != "" {
			pairs = append(pairs, header, " ")
		}
	}
	return strings.NewReplacer(pairs...)
}

// everythingSaid is what commands say in a language that find all well, find faults, and are asked
// wrongly.
func everythingSaid(t *testing.T, lucca string, l message.Language) string {
	t.Helper()
	s := newSite(t, fmt.Sprintf(`language: %s
lucca: {url: %q, api_key: {env: LUCCA_API_KEY}, requests_per_minute: 60000}
remotes: {out: {type: dir, dir: ./out}, in: {type: dir, dir: ./drop}}
flows:
  nightly: {export: {profile: skillup}, to: out, file: nightly.csv, schedule: "0 3 * * *"}
  large: {export: {profile: skillup, limits: {min_rows: 1000}}, to: out, file: large.csv}
  users: {import: {approval: first}, from: in, pattern: "users*.csv", pickup: {settle: 1ms}, expect_by: "07:00", schedule: "0 6 * * *"}
`, l, lucca))
	s.env = []string{"LC_ALL=" + string(l)}
	for _, folder := range []string{"out", "drop"} {
		if err := os.Mkdir(s.path(folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	writeFile(t, s.path("drop/users.csv"), "login;jobTitle;dtContractStart;department;manager\nbea;Cheffe;;;\nomar;;;;\ncyd;Chef;31/02/2026;;\ndan;;;Nowhere;zoe\n")
	writeFile(t, s.path("faulty.yaml"), "timezone: Mars/Olympus\nlucca: {url: x, api_key: {env: NOT_SET}}\nremotes: {a: {type: sftp, port: x}}\nflows: {f: {export: {profile: none, colums: []}, to: b}}\n")
	writeFile(t, s.path("broken.yaml"), "lucca:\n\turl: x\n")
	writeFile(t, s.path("own.json"), `{"name": "own", "schema": {"fields": [{"name": "a", "x-level": "must"}]}}`)
	writeFile(t, s.path("unclear.csv"), "Matricule;Nom;Début;Etwas\n1;Dupont;01/02/2020;x\n2;Durand;03/04/2021;y\n")
	writeFile(t, s.path("cron.yaml"), "lucca: {url: \"http://127.0.0.1:9\", api_key: {env: LUCCA_API_KEY}}\nflows: {f: {import: {}, from: a, pattern: \"*.csv\", schedule: \"0 25 * * *\"}}\n")
	var all strings.Builder
	say := func(args ...string) {
		out, complaints, _ := s.do(t, args...)
		all.WriteString(out + complaints)
	}
	for _, args := range [][]string{
		{"flows"}, {"check"}, {"check", "--connect"}, {"run", "nightly", "--dry-run"}, {"runs"}, {"run", "nightly"}, {"run", "large"}, {"plan", "users"}, {"run", "users"},
		{"flows"}, {"runs"},
	} {
		say(args...)
	}
	large, users := s.runs(t, "large")[0].ID, s.runs(t, "users")[0].ID
	for _, args := range [][]string{
		{"runs", "show", users}, {"runs", "show", large}, {"approve", large, "--yes"}, {"reject", users}, {"approve", users}, {"cancel", users}, {"resend", large}, {"export-file", large},
		{"explain", "nightly", "bea"}, {"explain", "nightly", "kim"}, {"explain", "users", "bea"}, {"explain", "nightly", "zoe"}, {"person", "bea"}, {"person", "nobody.here"},
		{"diff", "nightly"}, {"diff", "nightly", "--dry-run"}, {"hires"}, {"hires", "drop", "1"}, {"audit"}, {"audit", "verify"}, {"token", "create", "ci", "--role", "viewer"}, {"token", "list"},
		{"token", "revoke", "ci"}, {"notify", "test"}, {"health"}, {"pause", "nightly"}, {"flows"}, {"resume", "nightly"}, {"resume", "nightly"}, {"backup", "copy.db"}, {"backup", "copy.db"},
		{"restore", "copy.db"}, {"learn", "drop/failed/users.csv"}, {"check", "--config", "faulty.yaml"}, {"check", "--config", "broken.yaml"}, {"check", "--config", "absent.yaml"},
		{"run", "absent"}, {"run"}, {"rnu"}, {"run", "nightly", "--wrong"}, {"runs", "--since", "x"}, {"runs", "show", "2x"}, {"help", "absent"}, {"profiles", "check", "own.json"}, {"profiles", "absent"},
		{"run", "nightly", "--date", "x"}, {"flows", "--lang", "es"}, {"runs", "--outcome", "x"}, {"run", "--lang"}, {"diff", "a", "b", "c", "d"}, {"runs", "--json=x"}, {"--log-level", "x", "runs"}, {"learn", "unclear.csv"}, {"check", "--config", "cron.yaml"},
		{"state", "move", "sqlite:" + s.path("state/exchange.db")},
	} {
		say(args...)
	}
	for _, name := range append(inspect.BuiltinProfiles(), "") {
		say(strings.Fields("profiles " + name)...)
	}
	_, root := newRoot(io.Discard, io.Discard)
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if !c.Hidden {
			say(append(strings.Fields(strings.TrimPrefix(c.CommandPath(), root.Name())), "--help")...)
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
	return all.String()
}
