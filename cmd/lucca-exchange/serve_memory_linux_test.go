package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// ownMemory is how many kB of its own a daemon that idles may have, of 60 MB in all. The rest are pages
// of the program's file: 36 MB on a quiet machine and more on a busy one, which the kernel takes back
// when it needs them.
const ownMemory = 24_000

// TestServeIdlesInLittleMemory bounds the memory of a daemon with ten flows. IDLE_SECONDS says how long
// it idles.
func TestServeIdlesInLittleMemory(t *testing.T) {
	t.Parallel()
	program := shipped(t)
	_, lucca := serve(t, company(time.Now()))
	_, head := skillup(t, lucca)
	lines := map[string]string{}
	for i := range 10 {
		lines[fmt.Sprintf("flow%d", i)] = leapDay
	}
	s := newSite(t, webOnAnyPort+head+exports(lines))
	s.program = program
	d := s.start(t)
	get(t, "http://"+d.address+"/metrics")
	own := func() int {
		t.Helper()
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(status), "\nRssAnon:")
		var kilobytes int
		if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
			t.Fatal(err)
		}
		return kilobytes
	}
	seconds := 5
	if text := os.Getenv("IDLE_SECONDS"); text != "" {
		var err error
		if seconds, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	// What it took to start goes back to the system when the collector comes to it, which on a busy
	// machine may be a while after it is ready.
	most, calm := 0, 0
	for range seconds + 120 {
		<-time.After(time.Second)
		if most, calm = max(most, own()), calm+1; most > ownMemory {
			t.Logf("%d kB are its own", most)
			most, calm = 0, 0
		}
		if calm == seconds {
			break
		}
	}
	t.Logf("at most %d kB of its own", most)
	if calm < seconds {
		t.Errorf("want at most %d kB", ownMemory)
	}
	d.stop(t)
}
