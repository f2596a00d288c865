package main

import (
	"bytes"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/state/statetest"
)

// TestKilledBetweenTheFilesOfARun kills the program with SIGKILL while it sends the files of one run,
// each with its descriptor, to OpenSSH, its state being in PostgreSQL. What stands under a final name is
// whole, and the next run leaves each file once and nothing else.
func TestKilledBetweenTheFilesOfARun(t *testing.T) {
	t.Parallel()
	program := shipped(t)
	_, lucca := serve(t, crowd(time.Now(), 300))
	s := remotetest.OpenSSH(t)
	in := inbox{root: s.Folder, seen: s.Folder, addr: s.Addr, login: fmt.Sprintf("user: %q, private_key: {file: %q}", s.User, s.KeyFile), pins: s.Prints()}
	first := in.splitVictim(t, program, lucca)
	first.run(t)
	want := first.files(t)
	if len(want) < 4 {
		t.Fatalf("a run of %d files: %v", len(want), slices.Sorted(maps.Keys(want)))
	}
	up, _ := first.proxy.Bytes()
	between := 0
	const rounds = 3
	for i := range int64(rounds) {
		v := in.splitVictim(t, program, lucca)
		struck := v.proxy.Break(remotetest.Fault{HoldUp: up * (i + 1) / (rounds + 1)})
		cmd := v.command(t)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		select {
		case <-struck:
			_ = cmd.Process.Kill() // it may be through already
			<-ended
		case <-ended:
		}
		v.proxy.Break(remotetest.Fault{})
		v.proxy.CutAll()
		there := v.files(t)
		for name, content := range there {
			if !strings.HasSuffix(name, ".part") && content != want[name] {
				t.Errorf("%d: %s is neither whole nor missing", i, name)
			}
		}
		t.Logf("round %d: %d of %d files", i, len(there), len(want))
		if done := len(there); done > 0 && done < len(want) {
			between++
		}
		v.run(t)
		if got := v.files(t); !maps.Equal(got, want) {
			t.Errorf("%d: the next run left %v", i, slices.Sorted(maps.Keys(got)))
		}
	}
	if between == 0 {
		t.Error("it was never killed between two files")
	}
}

// splitVictim is a victim that sends one file for each establishment.
type splitVictim struct{ victim }

func (in inbox) splitVictim(t *testing.T, program, lucca string) *splitVictim {
	t.Helper()
	folder, err := os.MkdirTemp(in.root, "")
	if err != nil {
		t.Fatal(err)
	}
	v := &splitVictim{victim{program: program, dir: t.TempDir(), inbox: folder, proxy: remotetest.NewProxy(t, in.addr)}}
	host, port, err := net.SplitHostPort(v.proxy.Addr())
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(v.dir, "lucca-exchange.yaml"), fmt.Sprintf(`
state: %q
lucca: {url: %q, api_key: {env: LUCCA_API_KEY}, requests_per_minute: 6000}
remotes: {skillup: {type: sftp, host: %s, port: %s, %s, host_keys: ["%s"], dir: %q}}
flows: {skillup: {export: {profile: skillup, split: establishment, descriptor: true, limits: {max_rejected: 100%%, dangling_managers: 100%%}}, to: skillup, file: "crew_{establishment}.csv"}}
`, statetest.PostgreSQL(t), lucca, host, port, in.login, strings.Join(in.pins, `", "`), in.seen+"/"+filepath.Base(folder)))
	return v
}

// run runs the flow to its end, in which rows may be rejected.
func (v *splitVictim) run(t *testing.T) {
	t.Helper()
	cmd := v.command(t)
	if out, err := cmd.CombinedOutput(); err != nil && cmd.ProcessState.ExitCode() != 3 {
		t.Fatalf("%v\n%s", err, out)
	}
}

// files are what stands in the folder, by name; the descriptors without the time of their run.
func (v *splitVictim) files(t *testing.T) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(v.inbox)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]string)
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(v.inbox, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		var kept []string
		for line := range strings.SplitSeq(string(b), "\n") {
			if !strings.Contains(line, `"created": `) {
				kept = append(kept, line)
			}
		}
		all[e.Name()] = strings.Join(kept, "\n")
	}
	return all
}
