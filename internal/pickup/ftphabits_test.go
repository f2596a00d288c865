package pickup_test

import (
	"os"
	"testing"
	"time"

	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/remote/remotetest"
)

// TestHabitsOfFTPServers: each file is taken whole, once, and put away.
func TestHabitsOfFTPServers(t *testing.T) {
	t.Parallel()
	for name, o := range remotetest.HabitsOfFTP() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := fromFTP(t, o, 20*time.Second)
			s.plant("users.csv", "one")
			s.age("users.csv", time.Now().Add(-time.Hour))
			taken := s.take()
			if got, err := os.ReadFile(taken.Path); err != nil || string(got) != "one" {
				t.Errorf("taken %q, %v", got, err)
			}
			s.settle(taken, pickup.Processed)
			s.want(map[string]string{"processed/users.csv": "one"})
			if again := s.look(); len(again.Files) > 0 {
				t.Errorf("found again: %+v", again.Files)
			}
		})
	}
}
