package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/message"
)

// TestANightIsTheSameInEveryLanguage: an export that is sent, one that is held and approved, and an
// import that is held and rejected, one that is applied but for its rejected rows, and candidates leave the same file at the partner, the same documents in the
// state and the same JSON of each command, whatever the language of the configuration and of the
// command; ids, times and places apart.
func TestANightIsTheSameInEveryLanguage(t *testing.T) {
	t.Parallel()
	_, lucca := serve(t, company(time.Now()))
	english := aNight(t, lucca, message.English)
	for _, what := range []string{"the partner's file", "runs", "table findings", "table runs"} {
		if len(english[what]) < 40 {
			t.Fatalf("%s: there is nothing to compare: %q", what, english[what])
		}
	}
	for _, l := range []message.Language{message.French, message.German} {
		for what, got := range aNight(t, lucca, l) {
			if diff := cmp.Diff(strings.Split(english[what], "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("%s: %s is otherwise than in English:\n%s", l, what, diff)
			}
		}
	}
}

// aNight has a site go through a night in a language, and returns what machines read of it.
func aNight(t *testing.T, lucca string, l message.Language) map[string]string {
	t.Helper()
	s := newSite(t, fmt.Sprintf(`language: %s
lucca: {url: %q, api_key: {env: LUCCA_API_KEY}, requests_per_minute: 60000}
remotes: {out: {type: dir, dir: ./out}, in: {type: dir, dir: ./drop}}
flows:
  nightly: {export: {profile: skillup}, to: out, file: nightly.csv}
  large: {export: {profile: skillup, limits: {min_rows: 1000}}, to: out, file: large.csv}
  sites: {export: {profile: place-de-la-formation, dialect: {format: xlsx}}, to: out, file: sites.xlsx}
  users: {import: {approval: first}, from: in, pattern: "users*.csv", pickup: {settle: 1ms}}
  changes: {import: {approval: limits}, from: in, pattern: "changes*.csv", pickup: {settle: 1ms}}
  arca: {hires: {source: arca24, approval: limits, defaults: {rolePrincipal: Utilisateur}}, from: in, pattern: "hires*.csv", pickup: {settle: 1ms}}
`, l, lucca))
	s.env = []string{"LC_ALL=" + string(l)}
	for _, folder := range []string{"out", "drop"} {
		if err := os.Mkdir(s.path(folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	writeFile(t, s.path("drop/users.csv"), "login;jobTitle;dtContractStart\nbea;Cheffe;\nomar;;\ncyd;Chef;31/02/2026\n")
	writeFile(t, s.path("drop/changes.csv"), "login;jobTitle;dtContractStart\ncyd;Chef;31/02/2026\n")
	writeFile(t, s.path("drop/hires.csv"), "externalId;lastName;firstName;mail;dtContractStart;department\na-1;Blanc;Max;max@acme.example;01/03/2026;Nowhere\na-2;Noir;Zo;zo@acme.example;soon;\n")
	found := make(map[string]string)
	do := func(args ...string) {
		out, _, code := s.do(t, append(args, "--json")...)
		found[masked(s.dir, strings.Join(args, " "))] += fmt.Sprintf("exit code %d\n%s", code, masked(s.dir, out))
	}
	for _, flow := range []string{"nightly", "large", "sites", "users", "changes", "arca"} {
		do("run", flow)
	}
	do("approve", s.runs(t, "large")[0].ID)
	do("reject", s.runs(t, "users")[0].ID)
	for _, args := range [][]string{
		{"runs"}, {"runs", "show", s.runs(t, "users")[0].ID}, {"plan", "users", "--file", "drop/failed/users.csv"}, {"flows"}, {"hires"}, {"audit"}, {"check"},
		{"explain", "nightly", "bea"}, {"person", "bea"}, {"diff", "nightly", "--dry-run"}, {"profiles"}, {"run", "unknown"}, {"token", "list"}, {"notify", "test"},
		{"explain", "users", "bea"}, {"profiles", "skillup"}, {"learn", "drop/processed/changes.csv"}, {"check", "--connect"}, {"audit", "verify"}, {"version"}, {"runs", "show", s.runs(t, "changes")[0].ID}, {"runs", "show", s.runs(t, "arca")[0].ID},
		{"run", "nightly", "--dry-run"}, {"run", "nightly", "--only", "bea"}, {"pause", "nightly"}, {"flows"}, {"resume", "nightly"}, {"resend", s.runs(t, "nightly")[0].ID}, {"export-file", s.runs(t, "large")[0].ID}, {"backup", "copy.db"},
	} {
		do(args...)
	}
	for _, name := range []string{"nightly.csv", "large.csv", "sites.xlsx"} {
		b, err := os.ReadFile(s.path("out/" + name))
		if err != nil {
			t.Fatal(err)
		}
		found["the partner's file"] += string(b)
	}
	tables(t, s.path("state/exchange.db"), func(table, row string) { found["table "+table] += masked(s.dir, row) + "\n" })
	for what, text := range found {
		if strings.HasPrefix(what, "table ") {
			lines := strings.Split(text, "\n")
			slices.Sort(lines)
			found[what] = strings.Join(lines, "\n")
		}
	}
	return found
}

// varying is what two nights never share: ids, times, hashes of them, tokens and durations.
var varying = regexp.MustCompile(`\d{8}-\d{6}-[0-9a-f]{6}|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?[+-]\d\d:?\d\d| UTC|Z| [A-Z]{3,4})*|\b\d{13,19}\b|\b[0-9a-f]{8}\b|\b[0-9a-f]{32,}\b|pid=\d+|"(pid|seconds|took)": ?[0-9.]+`)

func masked(dir, text string) string {
	return varying.ReplaceAllString(strings.ReplaceAll(text, dir, "DIR"), "…")
}

// tables visits the rows of the program's tables that hold texts; what is packed is in the JSON of
// commands.
func tables(t *testing.T, path string, visit func(table, row string)) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, table := range []string{"runs", "findings", "deliveries", "pickups", "row_outcomes", "audit", "hires", "contents", "notifications"} {
		if err := texts(t.Context(), db, table, func(row string) { visit(table, row) }); err != nil {
			t.Fatalf("%s: %v", table, err)
		}
	}
}

// texts visits the rows of a table, with what is text in them.
func texts(ctx context.Context, db *sql.DB, table string, visit func(row string)) (err error) {
	rows, err := db.QueryContext(ctx, "SELECT * FROM "+table)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	cells := make([]sql.RawBytes, len(columns))
	into := make([]any, len(columns))
	for i := range cells {
		into[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		var texts []string
		for i, cell := range cells {
			if utf8.Valid(cell) {
				texts = append(texts, columns[i]+"="+string(cell))
			}
		}
		visit(strings.Join(texts, " "))
	}
	return rows.Err()
}
