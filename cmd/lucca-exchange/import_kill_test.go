package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/sandbox/partner"
)

// TestImportsThatBreak breaks imports wherever they can be broken.
func TestImportsThatBreak(t *testing.T) {
	t.Parallel()
	program := shipped(t)
	for name, test := range map[string]func(*testing.T, string){
		"killed anywhere": killedAnywhere, "killed on the wire": killedOnTheWire, "relay killed on the wire": relayKilledOnTheWire,
		"every fault of Lucca": everyFault,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, program)
		})
	}
}

// killedAnywhere kills the program with SIGKILL at each request of an import, before
// Lucca acts on it and after, and at other moments. The runs after that end with the same
// company as without: nobody twice, no row lost, and the file in processed/.
func killedAnywhere(t *testing.T, program string) {
	whole := newCasualty(t, program)
	whole.settle(t)
	want, n := whole.company(), int(whole.count.Load())
	if len(want) != 16 || !slices.Contains(want, "anna Ancel anna@acme.example  manager=boris") {
		t.Fatalf("without a kill: %q", want)
	}
	for k := range n {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("request %d of %d, after %v", k+1, n, after), func(t *testing.T) {
				t.Parallel()
				c := newCasualty(t, program)
				c.after = after
				c.at.Store(int64(k + 1))
				c.kill(t, c.struck)
				c.settle(t)
				if diff := cmp.Diff(want, c.company()); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
	for moment := 8 * time.Millisecond; moment < 150*time.Millisecond; moment += moment / 3 {
		t.Run(moment.String(), func(t *testing.T) {
			t.Parallel()
			c := newCasualty(t, program)
			c.kill(t, time.After(moment))
			c.settle(t)
			if diff := cmp.Diff(want, c.company()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// killedOnTheWire kills the program when N bytes of what it says to the server of the
// files, or hears from it, have passed, and nothing more arrives.
func killedOnTheWire(t *testing.T, program string) {
	whole, proxy := newWired(t, program)
	if record, code := whole.run(t); code != 3 {
		t.Fatalf("without a kill: exit %d, %+v", code, record)
	}
	want := whole.company()
	up, down := proxy.Bytes()
	faults := []remotetest.Fault{}
	for n := int64(2500); n < up; n += 1500 {
		faults = append(faults, remotetest.Fault{HoldUp: n})
	}
	for n := int64(2500); n < down; n += 1500 {
		faults = append(faults, remotetest.Fault{HoldDown: n})
	}
	for _, fault := range faults {
		t.Run(fmt.Sprintf("up %d of %d, down %d of %d", fault.HoldUp, up, fault.HoldDown, down), func(t *testing.T) {
			t.Parallel()
			c, proxy := newWired(t, program)
			struck, moment := proxy.Break(fault), make(chan time.Time)
			go func() {
				select {
				case <-struck:
				case <-t.Context().Done():
				}
				close(moment)
			}()
			c.kill(t, moment)
			proxy.Break(remotetest.Fault{})
			proxy.CutAll()
			c.settle(t)
			if diff := cmp.Diff(want, c.company()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// relayKilledOnTheWire kills the program while it hands a file on to Lucca's own import,
// which takes what has arrived at once. It is handed on whole, and once, but for the moment in
// which the server has it and the answer is lost: then it cannot be known, and the same file
// comes twice, which changes nothing in Lucca.
func relayKilledOnTheWire(t *testing.T, program string) {
	whole, proxy := newRelayed(t, program)
	whole.settle(t)
	want := whole.imported(t)
	up, down := proxy.Bytes()
	var faults []remotetest.Fault
	for n := int64(16); n < 3000; n += n / 2 {
		faults = append(faults, remotetest.Fault{HoldUp: up - n}, remotetest.Fault{HoldDown: down - n})
	}
	for _, fault := range faults {
		t.Run(fmt.Sprintf("up %d of %d, down %d of %d", fault.HoldUp, up, fault.HoldDown, down), func(t *testing.T) {
			t.Parallel()
			c, proxy := newRelayed(t, program)
			c.kill(t, moment(t, proxy.Break(fault)))
			got := c.imported(t)
			proxy.Break(remotetest.Fault{})
			proxy.CutAll()
			c.settle(t)
			rest := c.imported(t)
			if both := append(got, rest...); len(both) == 0 || !slices.Equal(slices.Compact(both), want) {
				t.Errorf("%d files and then %d, want one whole one", len(got), len(rest))
			}
		})
	}
}

// relayed is a casualty that hands its files on to a server.
type relayed struct {
	*casualty
	relay string
}

func newRelayed(t *testing.T, program string) (relayed, *remotetest.Proxy) {
	t.Helper()
	to := embedded(t, partner.Quirks{})
	proxy := remotetest.NewProxy(t, to.addr)
	host, port, err := net.SplitHostPort(proxy.Addr())
	if err != nil {
		t.Fatal(err)
	}
	c := newCasualty(t, program)
	path := filepath.Join(c.dir, "lucca-exchange.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	relay := fmt.Sprintf("remotes: {relay: {type: sftp, host: %s, port: %s, %s, host_keys: [%q], dir: /}, ", host, port, to.login, to.pins[0])
	writeFile(t, path, strings.NewReplacer("remotes: {", relay, "approval: limits", "approval: limits, apply: relay", "from:", "to: relay\n    from:").Replace(string(text)))
	return relayed{c, to.root}, proxy
}

// imported takes what has arrived under its name, as Lucca does.
func (r relayed) imported(t *testing.T) []string {
	t.Helper()
	path := filepath.Join(r.relay, "users.csv")
	b, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err := errors.Join(err, os.Remove(path)); err != nil {
		t.Fatal(err)
	}
	return []string{string(b)}
}

// moment is when a fault strikes.
func moment(t *testing.T, struck <-chan struct{}) <-chan time.Time {
	at := make(chan time.Time)
	go func() {
		select {
		case <-struck:
		case <-t.Context().Done():
		}
		close(at)
	}()
	return at
}

// newWired is a casualty whose files come by SFTP, through a proxy.
func newWired(t *testing.T, program string) (*casualty, *remotetest.Proxy) {
	t.Helper()
	in := embedded(t, partner.Quirks{})
	proxy := remotetest.NewProxy(t, in.addr)
	host, port, err := net.SplitHostPort(proxy.Addr())
	if err != nil {
		t.Fatal(err)
	}
	c, url := newCompany(t)
	c.installation = importsFrom(t, program, url, in.root,
		fmt.Sprintf("type: sftp, host: %s, port: %s, %s, host_keys: [%q], dir: /", host, port, in.login, in.pins[0]))
	c.drop(t, "users.csv", casualties)
	return c, proxy
}

const casualties = `login;firstName;lastName;mail;legalEntity;department;rolePrincipal;dtContractStart;manager;jobTitle;dtContractEnd
anna;Anna;Ancel;anna@acme.example;Acme Lyon;Conseil;Utilisateur;01/01/2030;boris;;
boris;Boris;Bernard;boris@acme.example;Acme Lyon;Conseil;Utilisateur;01/01/2030;anna;;
bea;;;;;;;;anna;Cheffe;
cyd;;;;;;;;;;01/01/2031
chloe;Chloe;Carlier;chloe@acme.example;Acme Lyon;Conseil;Utilisateur;01/01/2030;denis;;
denis;Denis;Dumont;denis@acme.example;Acme Nantes;Conseil;Utilisateur;01/01/2030;ada;;
omar;Omar;;omar@acme.example;Acme Lyon;Conseil;Utilisateur;01/01/2030;;;
dan;;;;;;;;;Chef;
`

// casualty is an installation with a tenant of its own, where one request is held.
type casualty struct {
	installation
	tenant *sandbox.Tenant
	// today is the day that its company is of.
	today sandbox.Day
	// at is the number of the request that is held, 0 for none: before Lucca acts on it, or
	// after. It is set last.
	at     atomic.Int64
	after  bool
	count  atomic.Int64
	struck chan time.Time
	// reached is called at that request instead, which is answered; nil to hold it.
	reached func()
}

func newCasualty(t *testing.T, program string) *casualty {
	t.Helper()
	c, url := newCompany(t)
	c.installation = imports(t, program, url)
	c.drop(t, "users.csv", casualties)
	return c
}

// newCompany is a casualty without an installation, and the address of its tenant.
func newCompany(t *testing.T) (c *casualty, url string) {
	t.Helper()
	people := company(time.Now())
	c = &casualty{struck: make(chan time.Time, 1), today: people.Today}
	c.tenant = sandbox.New(people, sandbox.Options{Keys: []sandbox.Key{keys()["LUCCA_API_KEY"]}, RequestsPerMinute: -1})
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	return c, server.URL
}

// ServeHTTP holds one request until its client is gone, or says that it is there.
func (c *casualty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body) // so that the end of the connection is seen
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if c.count.Add(1) != c.at.Load() {
		c.tenant.ServeHTTP(w, r)
		return
	}
	if c.reached != nil {
		c.reached()
		c.tenant.ServeHTTP(w, r)
		return
	}
	if c.after {
		c.tenant.ServeHTTP(httptest.NewRecorder(), r)
	}
	c.struck <- time.Now()
	<-r.Context().Done()
}

// kill starts the flow and kills it at the moment, unless it is through before.
func (c *casualty) kill(t *testing.T, moment <-chan time.Time) {
	t.Helper()
	cmd := c.command(t, "run", "users")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-moment:
		_ = cmd.Process.Kill() // it may be through already
		<-ended
	case <-ended:
	}
}

// settle runs the flow until there is nothing left to do, which is soon, and checks what is
// left in the folder.
func (c *casualty) settle(t *testing.T) {
	t.Helper()
	for i := 0; ; i++ {
		record, code := c.run(t)
		if record.Outcome == run.Nothing {
			break
		}
		if record.Outcome != run.Rejections || code != 3 || i > 1 {
			t.Fatalf("exit %d, %+v", code, record)
		}
	}
	var left []string
	err := filepath.WalkDir(c.inbox, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			left = append(left, strings.TrimPrefix(path, c.inbox))
		}
		return err
	})
	want := []string{"/processed/users.csv", "/processed/users.csv.rejected.csv", "/processed/users.csv.report.csv"}
	if diff := cmp.Diff(want, left); diff != "" || err != nil {
		t.Errorf("the folder: %v\n%s", err, diff)
	}
}

// company is what Lucca knows of everybody.
func (c *casualty) company() []string {
	users := c.tenant.Users()
	logins := make(map[int]string, len(users))
	for _, u := range users {
		logins[u.ID] = u.Login
	}
	lines := make([]string, len(users))
	for i, u := range users {
		title := u.JobTitle
		if end := u.Contracts[0].End; end != 0 {
			title += " until " + end.String()
			if d := end - c.today; d > -100 && d < 100 { // two are compared, of which one may be of yesterday
				title = fmt.Sprintf("%s until %+d", u.JobTitle, d)
			}
		}
		lines[i] = fmt.Sprintf("%s %s %s %s manager=%s", u.Login, u.LastName, u.Mail, title, logins[u.ManagerID])
	}
	slices.Sort(lines)
	return lines
}
