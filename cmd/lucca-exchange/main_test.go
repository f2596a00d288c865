package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

// TestMain makes this test program the command itself when it is called by that name, so
// that scripts run the real main as a process of its own.
func TestMain(m *testing.M) {
	// The flows of the tests reckon in the default time zone of flows: so do the tests and
	// their Lucca, which would have another day for an hour or two of each night elsewhere.
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		panic(err)
	}
	time.Local = zone
	// Scripts mostly wait, for processes and for the pauses between two attempts, so that
	// more of them run at once than there are processors. The flag still overrides it.
	if err := flag.Set("test.parallel", "12"); err != nil {
		panic(err)
	}
	testscript.Main(tidy{m}, map[string]func(){"lucca-exchange": main, tenantCommand: serveTenant, peakCommand: tellPeak})
}

// tidy fails when a test leaves a goroutine, and so a server, behind.
type tidy struct{ *testing.M }

// Run runs all tests.
func (m tidy) Run() int {
	code := m.M.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// TestScripts runs testdata/script/*.txtar: each is one promise of the program, or a bug
// that it once had. The commands that they have beside testscript's own are below.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			tb, ok := e.T().(testing.TB)
			if !ok {
				return errors.New("a script's T is no testing.TB any more")
			}
			ctx, stop := context.WithCancel(t.Context())
			w := &world{t: tb, ctx: ctx, dir: e.WorkDir}
			e.Values[worldKey{}] = w
			e.Defer(w.close)
			e.Defer(stop)
			e.Setenv("LUCCA_EXCHANGE_CONFIG", "lucca-exchange.yaml")
			for name, client := range clients() {
				e.Setenv(name+"_ID", client.ID)
				e.Setenv(name+"_SECRET", client.Secret)
			}
			for name, key := range keys() {
				e.Setenv(name, key.Secret)
			}
			e.Setenv("SFTP_PASSWORD", partnerPassword)
			// A day on which the sandbox's company was there.
			e.Setenv("EARLIER", time.Now().AddDate(0, 0, -330).Format(time.DateOnly))
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"ahead":    of((*world).ahead),
			"config":   configCommand,
			"dates":    datesCommand,
			"document": documentCommand,
			"edit":     of((*world).edit),
			"fault":    of((*world).fault),
			"flatchr":  of((*world).flatchrCommand),
			"gate":     of((*world).gate),
			"held":     of((*world).held),
			"imports":  of((*world).importsCommand),
			"json":     jsonCommand,
			"keys":     keysCommand,
			"lapse":    of((*world).lapse),
			"night":    of((*world).night),
			"openssh":  of((*world).openSSH),
			"partner":  of((*world).partner),
			"requests": of((*world).requests),
			"rows":     rowsCommand,
			"silent":   silentCommand,
			"tenant":   of((*world).tenantCommand),
			"user":     userCommand,
			"users":    of((*world).users),
			"writes":   of((*world).writes),
		},
	})
}

// of makes a command of a function on the script's world.
func of(do func(w *world, ts *testscript.TestScript, args []string) error) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) {
		w, ok := ts.Value(worldKey{}).(*world)
		if !ok {
			ts.Fatalf("there is no world")
		}
		ts.Check(do(w, ts, args))
	}
}

// configCommand, "config [FILE…]", fills the environment in in configuration files:
// lucca-exchange.yaml, which is testdata/lucca-exchange.yaml unless the script has its own.
func configCommand(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) == 0 {
		args = []string{"lucca-exchange.yaml"}
	}
	for _, name := range args {
		path := ts.MkAbs(name)
		text, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			text = standardConfig
		} else {
			ts.Check(err)
		}
		ts.Check(os.WriteFile(path, []byte(os.Expand(string(text), ts.Getenv)), 0o600))
	}
}

// documentCommand, "document FILE KEY…", checks that a file is one JSON object with
// exactly these keys, and nothing else.
func documentCommand(ts *testscript.TestScript, _ bool, args []string) {
	got := decoded[map[string]json.RawMessage](ts, args[0])
	for _, key := range args[1:] {
		if _, ok := got[key]; !ok {
			ts.Fatalf("there is no key %q", key)
		}
		delete(got, key)
	}
	for key := range got {
		ts.Fatalf("there is a key %q", key)
	}
}

// jsonCommand, "json FILE PATH VALUE", compares one value of a JSON document; a path is
// like rows.sent or 0.outcome.
func jsonCommand(ts *testscript.TestScript, neg bool, args []string) {
	value := decoded[any](ts, args[0])
	for key := range strings.SplitSeq(args[1], ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[key]
		case []any:
			var i int
			if _, err := fmt.Sscan(key, &i); err != nil || i >= len(v) {
				ts.Fatalf("no element %q in a list of %d", key, len(v))
			}
			value = v[i]
		default:
			ts.Fatalf("no %q in %v", key, v)
		}
	}
	if got := fmt.Sprint(value); (got == args[2]) == neg {
		ts.Fatalf("%s is %q", args[1], got)
	}
}

// decoded reads a file that is to hold one JSON document.
func decoded[T any](ts *testscript.TestScript, file string) T {
	var v T
	if err := json.Unmarshal([]byte(ts.ReadFile(file)), &v); err != nil {
		ts.Fatalf("%s is not one JSON document: %v", file, err)
	}
	return v
}

// silentCommand, "silent [secrets] FILE…", checks that files hold no secret, and without
// "secrets" no name, address, number or date of an employee either.
func silentCommand(ts *testscript.TestScript, _ bool, args []string) {
	words := secrets()
	if args[0] == "secrets" {
		args = args[1:]
	} else {
		words = append(words, personal()...)
	}
	for _, file := range args {
		text := strings.ToLower(ts.ReadFile(file))
		for _, word := range words {
			if strings.Contains(text, strings.ToLower(word)) {
				ts.Fatalf("%s holds %q", file, word)
			}
		}
	}
}
