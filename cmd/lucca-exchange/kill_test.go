package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/sandbox/partner"
)

// TestKilledAnywhere kills the program with SIGKILL when N bytes of a delivery have
// passed, and nothing more arrives. Under the final name stands the whole old file or the
// whole new one, never anything else, and for a moment none where the server cannot rename
// over a file; the next run ends done, and leaves nothing else behind.
func TestKilledAnywhere(t *testing.T) {
	t.Parallel()
	program := shipped(t)
	_, lucca := serve(t, crowd(time.Now(), 2000))
	for name, start := range map[string]func(*testing.T) inbox{
		"OpenSSH": func(t *testing.T) inbox {
			s := remotetest.OpenSSH(t)
			return inbox{
				root: s.Folder, seen: s.Folder, addr: s.Addr,
				login: fmt.Sprintf("user: %q, private_key: {file: %q}", s.User, s.KeyFile), pins: s.Prints(),
			}
		},
		// Between two renames there is none under the name.
		"no posix-rename": func(t *testing.T) inbox {
			in := embedded(t, partner.Quirks{NoPosixRename: true})
			in.moves = true
			return in
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := start(t)
			whole := in.victim(t, program, lucca)
			whole.run(t)
			want := whole.file(t)
			up, down := whole.proxy.Bytes()
			for _, n := range points(up, 2048) {
				t.Run(fmt.Sprintf("up %d of %d", n, up), func(t *testing.T) {
					t.Parallel()
					in.victim(t, program, lucca).kill(t, remotetest.Fault{HoldUp: n}, want)
				})
			}
			for _, n := range points(down, 4096) {
				t.Run(fmt.Sprintf("down %d of %d", n, down), func(t *testing.T) {
					t.Parallel()
					in.victim(t, program, lucca).kill(t, remotetest.Fault{HoldDown: n}, want)
				})
			}
		})
	}
}

// shipped is the program as it is shipped: the race detector, which the scripts run under,
// would make a hundred runs slow.
func shipped(t testing.TB) string {
	t.Helper()
	path, err := shippedOnce()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// shippedOnce makes the program for the first test that asks, and only then: it goes beside the commands of the
// scripts, in the folder that testscript.Main clears away.
var shippedOnce = sync.OnceValues(func() (string, error) {
	scripted, err := exec.LookPath("lucca-exchange")
	if err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(scripted), "shipped", "lucca-exchange")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w", out, err)
	}
	return path, nil
})

// points are numbers of bytes at which a transfer is held: ever farther from the first
// that is interesting, and ever nearer to the last, where the file is put in its place.
func points(total, first int64) []int64 {
	out := []int64{total}
	for n := first; n < total; n *= 3 {
		out = append(out, n)
	}
	for n := int64(20); n < 4000 && n < total; n *= 2 {
		out = append(out, total-n)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// inbox is a partner's server.
type inbox struct {
	// root is the folder on this machine that the server shows as seen.
	root, seen, addr string
	// login is how to log in, as in a configuration.
	login string
	pins  []string
	// moves: the server cannot rename over a file, so that the old one is moved aside.
	moves bool
}

func embedded(t *testing.T, quirks partner.Quirks) inbox {
	t.Helper()
	root := t.TempDir()
	s, err := partner.Start(t.Context(), partner.Options{Root: root, User: "acme", Password: partnerPassword, Quirks: quirks})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // only stopping
	return inbox{root: root, addr: s.Addr(), login: "user: acme, password: {env: SFTP_PASSWORD}", pins: s.HostKeys()}
}

// victim is an installation of the program that delivers into a folder of its own, where
// an old file stands.
type victim struct {
	program, dir, inbox string
	moves               bool
	proxy               *remotetest.Proxy
	// peak is the largest resident set of the last export, in bytes.
	peak int64
}

const oldFile = "the file of yesterday\r\n"

func (in inbox) victim(t *testing.T, program, lucca string) *victim {
	t.Helper()
	folder, err := os.MkdirTemp(in.root, "")
	if err != nil {
		t.Fatal(err)
	}
	v := &victim{program: program, dir: t.TempDir(), inbox: folder, moves: in.moves, proxy: remotetest.NewProxy(t, in.addr)}
	host, port, err := net.SplitHostPort(v.proxy.Addr())
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(folder, "skillup.csv"), oldFile)
	writeFile(t, filepath.Join(v.dir, "lucca-exchange.yaml"), fmt.Sprintf(`
lucca: {url: %q, api_key: {env: LUCCA_API_KEY}, requests_per_minute: 6000}
remotes: {skillup: {type: sftp, host: %s, port: %s, %s, host_keys: ["%s"], dir: %q}}
flows: {skillup: {export: {profile: skillup}, to: skillup, file: skillup.csv}}
`, lucca, host, port, in.login, strings.Join(in.pins, `", "`), in.seen+"/"+filepath.Base(folder)))
	return v
}

func writeFile(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// command is the program about to run the flow.
func (v *victim) command(t testing.TB, flags ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), v.program, append([]string{"run", "skillup"}, flags...)...)
	cmd.Dir = v.dir
	cmd.Env = append(os.Environ(), "LUCCA_API_KEY="+keys()["LUCCA_API_KEY"].Secret, "SFTP_PASSWORD="+partnerPassword, "LUCCA_EXCHANGE_CONFIG=")
	return cmd
}

// run runs the flow to its end, which must be a success that leaves one file.
func (v *victim) run(t *testing.T) {
	t.Helper()
	if out, err := v.command(t).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	entries, err := os.ReadDir(v.inbox)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v; want one file", entries, err)
	}
}

// file is what stands under the final name, or nil.
func (v *victim) file(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(v.inbox, "skillup.csv"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return b
}

func (v *victim) kill(t *testing.T, fault remotetest.Fault, want []byte) {
	struck := v.proxy.Break(fault)
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
	case err := <-ended:
		if err != nil {
			t.Fatalf("it failed by itself: %v\n%s", err, out.String())
		}
	}
	v.proxy.Break(remotetest.Fault{})
	v.proxy.CutAll()
	v.whole(t, want)
	v.run(t)
	if !bytes.Equal(v.file(t), want) {
		t.Error("the next run did not put the file in place")
	}
}

// whole checks what the partner has right after the kill.
func (v *victim) whole(t *testing.T, want []byte) {
	t.Helper()
	got := v.file(t)
	if got == nil && v.moves && v.aside(t) {
		return
	}
	if !bytes.Equal(got, want) && string(got) != oldFile {
		t.Errorf("%d bytes stand under the final name, neither the old nor the new file", len(got))
	}
}

// aside tells whether the old file stands whole beside its name, from where the next run
// takes it back.
func (v *victim) aside(t *testing.T) bool {
	t.Helper()
	backups, err := filepath.Glob(filepath.Join(v.inbox, "*.bak"))
	if err != nil || len(backups) != 1 {
		return false
	}
	b, err := os.ReadFile(backups[0])
	return err == nil && string(b) == oldFile
}
