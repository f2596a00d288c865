package pickup_test

import (
	"os"
	"strings"
	"testing"

	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/remote/remotetest"
)

// TestHabitsOfServers: each file is taken whole, once, and put away as far as the server lets it.
func TestHabitsOfServers(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789abcdef", 5000)
	for name, script := range remotetest.HabitsOfSFTP() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, content := fromScripted(t, script), long
			if script.ShortReads > 0 {
				content = "one by one"
			}
			s.plant("users.csv", content)
			taken := s.take()
			if got, err := os.ReadFile(taken.Path); err != nil || string(got) != content {
				t.Errorf("taken %d bytes, %v", len(got), err)
			}
			s.settle(taken, pickup.Processed)
			want := map[string]string{"processed/users.csv": content}
			if script.MkdirDenied {
				want = map[string]string{"users.csv": content}
			}
			s.want(want)
			if again := s.look(); len(again.Files) > 0 {
				t.Errorf("found again: %+v", again.Files)
			}
		})
	}
}

// TestMoreThanWasAskedFor: a server that answers a read with more than that is one that may send
// anything. It does not end the program, and no more is taken than may be.
func TestMoreThanWasAskedFor(t *testing.T) {
	t.Parallel()
	s := fromScripted(t, remotetest.SFTPScript{SFTPHabits: remotetest.SFTPHabits{LongReads: true}})
	s.from.Options.MaxBytes = 1000
	s.plant("users.csv", "one")
	if taken, err := pickup.Take(t.Context(), s.request(s.look().Files[0])); err == nil {
		t.Errorf("taken: %d bytes", taken.Bytes)
	}
	s.want(map[string]string{"users.csv": "one"})
}
