package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	_ "modernc.org/sqlite" // the state of the program

	"lucca-exchange/internal/sandbox"
)

// importsCommand, "imports ["IMPORT KEYS" ["KEY: VALUE"…]]", writes lucca-exchange.yaml with
// one flow, users, that takes files from the folder drop. The first argument has the keys of
// its import, the others are further keys of the flow, or replace its own.
func (w *world) importsCommand(ts *testscript.TestScript, args []string) error {
	keys := map[string]string{"from": "payroll", "pattern": `"users*"`, "pickup": "{settle: 50ms}", "import": "{approval: limits}"}
	if len(args) > 0 {
		keys["import"] = "{" + args[0] + "}"
		args = args[1:]
	}
	for _, arg := range args {
		key, value, _ := strings.Cut(arg, ": ")
		keys[key] = value
	}
	var text strings.Builder
	fmt.Fprintf(&text, "lucca: {url: %q, api_key: {env: LUCCA_API_KEY}, requests_per_minute: 60000}\n", ts.Getenv("LUCCA_URL"))
	text.WriteString("remotes:\n  payroll: {type: dir, dir: drop}\n  relay: {type: dir, dir: relay}\nflows:\n  users:\n")
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		fmt.Fprintf(&text, "    %s: %s\n", key, keys[key])
	}
	for _, folder := range []string{"drop", "relay"} {
		if err := os.MkdirAll(filepath.Join(w.dir, folder), 0o700); err != nil {
			return err
		}
	}
	return os.WriteFile(ts.MkAbs("lucca-exchange.yaml"), []byte(text.String()), 0o600)
}

// datesCommand, "dates FILE…", writes what stands as {-3} in files as the day three days ago,
// in the way of user files.
func datesCommand(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		text := ts.ReadFile(name)
		for {
			before, rest, found := strings.Cut(text, "{")
			if !found {
				break
			}
			days, after, _ := strings.Cut(rest, "}")
			n, err := strconv.Atoi(days)
			ts.Check(err)
			text = before + time.Now().AddDate(0, 0, n).Format("02/01/2006") + after
		}
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}

// rowsCommand, "rows FILE N LINE", adds N lines, in which # stands for the number from 0.
func rowsCommand(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	var text strings.Builder
	if before, err := os.ReadFile(ts.MkAbs(args[0])); err == nil {
		text.Write(before)
	}
	for i := range n {
		text.WriteString(strings.ReplaceAll(args[2], "#", strconv.Itoa(i)) + "\n")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text.String()), 0o600))
}

// userCommand, "user LOGIN [PROPERTY VALUE]…", checks what Lucca knows of somebody; with "!",
// that nobody has the login, or not these values.
func userCommand(ts *testscript.TestScript, neg bool, args []string) {
	w, ok := ts.Value(worldKey{}).(*world)
	if !ok {
		ts.Fatalf("there is no world")
	}
	got, found := known(w.tenant, args[0])
	if neg && len(args) == 1 {
		if found {
			ts.Fatalf("there is a user %s", args[0])
		}
		return
	}
	if !found {
		ts.Fatalf("there is no user %s, or there are several", args[0])
	}
	for i := 1; i+1 < len(args); i += 2 {
		value, there := got[args[i]]
		if !there {
			ts.Fatalf("there is no property %s", args[i])
		}
		if (value == args[i+1]) == neg {
			ts.Fatalf("%s of %s is %q", args[i], args[0], value)
		}
	}
}

// known is the only user with a login, in words. Dates are days from today.
func known(tenant *sandbox.Tenant, login string) (map[string]string, bool) {
	logins := map[int]string{}
	var found []sandbox.User
	for _, u := range tenant.Users() {
		logins[u.ID] = u.Login
		if strings.EqualFold(u.Login, login) {
			found = append(found, u)
		}
	}
	if len(found) != 1 {
		return nil, false
	}
	u := found[0]
	today := sandbox.DayOf(time.Now())
	contract := u.Contracts[len(u.Contracts)-1]
	days := func(d sandbox.Day) string {
		if d == 0 {
			return "none"
		}
		return strconv.Itoa(int(d - today))
	}
	return map[string]string{
		"firstName": u.FirstName, "lastName": u.LastName, "mail": u.Mail, "jobTitle": u.JobTitle, "number": u.EmployeeNumber,
		"manager": logins[u.ManagerID], "start": days(contract.Start), "end": days(contract.End),
		"contracts": strconv.Itoa(len(u.Contracts)), "establishment": strconv.Itoa(contract.EstablishmentID),
		"department": strconv.Itoa(u.DepartmentID), "role": strconv.Itoa(u.RoleID), "gender": u.Gender, "modified": u.ModifiedAt.String(),
	}, true
}

// users, "users N", checks how many users Lucca has.
func (w *world) users(_ *testscript.TestScript, args []string) error {
	if got := strconv.Itoa(len(w.tenant.Users())); got != args[0] {
		return fmt.Errorf("%s users, want %s", got, args[0])
	}
	return nil
}

// writes, "writes N", checks how many requests since the last time could change something.
func (w *world) writes(_ *testscript.TestScript, args []string) error {
	n := 0
	for _, r := range w.tenant.Requests() {
		if r.Method != http.MethodGet {
			n += r.Count
		}
	}
	w.tenant.ResetRequests()
	if strconv.Itoa(n) != args[0] {
		return fmt.Errorf("%d requests that write, want %s", n, args[0])
	}
	return nil
}

// held, "held [N]", puts the id of the newest held run, or of the N-th newest from 0, into
// $HELD.
func (w *world) held(ts *testscript.TestScript, args []string) error {
	n := 0
	if len(args) > 0 {
		var err error
		if n, err = strconv.Atoi(args[0]); err != nil {
			return err
		}
	}
	id := ""
	err := w.state(ts, func(db *sql.DB) error {
		return db.QueryRowContext(w.ctx, `SELECT id FROM runs WHERE outcome = 'held' ORDER BY started_at DESC LIMIT 1 OFFSET $1`, n).Scan(&id)
	})
	ts.Setenv("HELD", id)
	return err
}

// lapse, "lapse DAYS", lets so many days pass for what waits for an approval.
func (w *world) lapse(ts *testscript.TestScript, args []string) error {
	days, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	return w.state(ts, func(db *sql.DB) error {
		_, err := db.ExecContext(w.ctx, `UPDATE plans SET expires_at = expires_at - $1`, int64(days)*24*time.Hour.Microseconds())
		return err
	})
}

// ahead, "ahead DURATION", makes all that was recorded so far look as if the clock had been ahead by
// that much.
func (w *world) ahead(ts *testscript.TestScript, args []string) error {
	by, err := time.ParseDuration(args[0])
	if err != nil {
		return err
	}
	return w.state(ts, func(db *sql.DB) error {
		for _, update := range []string{
			`UPDATE runs SET started_at = started_at + $1, finished_at = finished_at + $1, active_since = active_since + $1`,
			`UPDATE deliveries SET at = at + $1`, `UPDATE pickups SET at = at + $1`, `UPDATE plans SET expires_at = expires_at + $1`,
			`UPDATE marks SET value = value + $1 WHERE name = 'clock'`,
		} {
			if _, err := db.ExecContext(w.ctx, update, by.Microseconds()); err != nil {
				return err
			}
		}
		return nil
	})
}

// state opens the state of the program, which does not run.
func (w *world) state(ts *testscript.TestScript, do func(*sql.DB) error) error {
	db, err := sql.Open("sqlite", ts.MkAbs("state/exchange.db"))
	if err != nil {
		return err
	}
	return errors.Join(do(db), db.Close())
}

// keysCommand, "keys FILE PATH KEY…", checks that the object at a path of a JSON document, such
// as items.0, has exactly these keys; "." is the document.
func keysCommand(ts *testscript.TestScript, _ bool, args []string) {
	value := decoded[any](ts, args[0])
	for key := range strings.SplitSeq(strings.Trim(args[1], "."), ".") {
		switch v := value.(type) {
		case map[string]any:
			if key != "" {
				value = v[key]
			}
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(v) {
				ts.Fatalf("no element %q in a list of %d", key, len(v))
			}
			value = v[i]
		}
	}
	object, ok := value.(map[string]any)
	if !ok {
		shown, _ := json.Marshal(value) // it was JSON
		ts.Fatalf("%s is no object: %s", args[1], shown)
	}
	got := slices.Sorted(maps.Keys(object))
	if want := slices.Sorted(slices.Values(args[2:])); !slices.Equal(got, want) {
		ts.Fatalf("%s has the keys %q, want %q", args[1], got, want)
	}
}
