package delivery_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/remote/sftp"
	"lucca-exchange/internal/sandbox/partner"
)

// childOrder names the environment variable that turns the test program into a process
// that makes one delivery, to be killed at any moment.
const childOrder = "LUCCA_EXCHANGE_TEST_DELIVERY"

// order is what the child is told.
type order struct {
	Config       sftp.Config
	Path, SHA256 string
	Bytes        int64
	Journal      string
}

func TestMain(m *testing.M) {
	if path := os.Getenv(childOrder); path != "" {
		if err := obey(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func obey(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var o order
	if err := json.Unmarshal(content, &o); err != nil {
		return err
	}
	_, err = delivery.Deliver(context.Background(), delivery.Request{
		To:      delivery.Target{Name: "skillup", Remote: sftp.New(o.Config)},
		Journal: fileJournal(o.Journal), Run: "r1", Name: name,
		Path: o.Path, Bytes: o.Bytes, SHA256: o.SHA256,
	})
	return err
}

// fileJournal is the path of a file with one record per line.
type fileJournal string

func (j fileJournal) Save(_ context.Context, r delivery.Record) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(string(j), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(append(line, '\n')); err != nil {
		return err
	}
	return f.Close()
}

func (j fileJournal) records(t *testing.T) []delivery.Record {
	t.Helper()
	f, err := os.Open(string(j))
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var records []delivery.Record
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var r delivery.Record
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	return records
}

// TestKilledAnywhere kills the delivering process with SIGKILL when N bytes have passed, so
// that nothing more arrives, and then recovers as the next start of the program does.
func TestKilledAnywhere(t *testing.T) {
	t.Parallel()
	for server, quirks := range map[string]partner.Quirks{"posix-rename": {}, "no posix-rename": {NoPosixRename: true}} {
		for _, first := range []bool{false, true} {
			whole := newSite(t, quirks, first)
			if _, err := delivery.Deliver(t.Context(), whole.request); err != nil {
				t.Fatal(err)
			}
			up, down := whole.proxy.Bytes()
			for direction, total := range map[string]int64{"up": up, "down": down} {
				for _, n := range grid(total, 1000, 300) {
					t.Run(fmt.Sprintf("%s/first %t/%s %d of %d", server, first, direction, n, total), func(t *testing.T) {
						t.Parallel()
						fault := remotetest.Fault{HoldUp: n}
						if direction == "down" {
							fault = remotetest.Fault{HoldDown: n}
						}
						kill(t, newSite(t, quirks, first), fault, first)
					})
				}
			}
		}
	}
}

func kill(t *testing.T, s *site, fault remotetest.Fault, first bool) {
	journal := fileJournal(filepath.Join(t.TempDir(), "journal"))
	// Only the kill may end the child.
	s.config.ConnectTimeout, s.config.IdleTimeout = time.Minute, time.Minute
	content, err := json.Marshal(order{
		Config: s.config, Journal: string(journal),
		Path: s.request.Path, Bytes: s.request.Bytes, SHA256: s.request.SHA256,
	})
	if err != nil {
		t.Fatal(err)
	}
	struck := s.proxy.Break(fault)
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childOrder+"="+private(t, content))
	child.Stderr = os.Stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	select {
	case <-struck:
		_ = child.Process.Kill() // it may be through already
		<-ended
	case err := <-ended:
		if err != nil {
			t.Fatalf("the child failed by itself: %v", err)
		}
	}
	s.proxy.Break(remotetest.Fault{})
	s.proxy.CutAll()
	s.afterKill(journal, first)
}

func (s *site) afterKill(journal fileJournal, first bool) {
	s.t.Helper()
	records := journal.records(s.t)
	old := onlyOld
	if first {
		old = nothing
	}
	delivered := false
	if len(records) > 0 {
		last := records[len(records)-1]
		settled, err := delivery.Recover(s.t.Context(), s.target(), journal, []delivery.Record{last})
		if err != nil {
			s.t.Fatalf("recover: %v", err)
		}
		delivered = settled[0].Step == delivery.StepDelivered
	}
	if !delivered {
		s.want(old)
		s.request.To, s.request.Journal = s.target(), journal
		if _, err := delivery.Deliver(s.t.Context(), s.request); err != nil {
			s.t.Fatalf("deliver anew: %v", err)
		}
	}
	s.want(onlyNew)
}
