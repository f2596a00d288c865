package schedule_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/schedule"
)

func paris(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestNextIsInTheZoneOfTheFlow(t *testing.T) {
	t.Parallel()
	s, err := schedule.Parse("59 22 * * *", paris(t))
	if err != nil {
		t.Fatal(err)
	}
	got := s.Next(time.Date(2026, 11, 22, 21, 58, 0, 0, time.UTC)).Format(time.RFC3339)
	if want := "2026-11-22T22:59:00+01:00"; got != want {
		t.Errorf("next slot %s, want %s", got, want)
	}
}

func TestLinesThatCannotRunAreRefused(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"":                                 "empty",
		"59 22 * *":                        "expected exactly 5 fields",
		"61 22 * * *":                      "above maximum",
		"0 0 31 2 *":                       "no calendar has such a day",
		"0 0 30 2 *":                       "no calendar has such a day",
		"@every 500ms":                     "*/30 * * * *",
		"@every 90m":                       "*/30 * * * *",
		"@every 1500ms":                    "*/30 * * * *",
		"@every -5s":                       "*/30 * * * *",
		"@every":                           "unrecognized",
		"@reboot":                          "by hand",
		"0 59 22 * * *":                    "none for seconds",
		"CRON_TZ=Europe/Paris 59 22 * * *": "its own key",
		"TZ=Europe/Paris":                  "its own key",
		"0 0 L * *":                        "failed to parse",
	} {
		if _, err := schedule.Parse(line, paris(t)); !errors.Is(err, schedule.ErrLine) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error = %v, want one that says %q", line, err, want)
		}
	}
	for _, line := range []string{"59 22 * * *", "@daily", " 0 6 * * 1-5 ", "0 0 29 2 *", "@every 30m", "@hourly"} {
		if _, err := schedule.Parse(line, paris(t)); err != nil {
			t.Errorf("%q: %v", line, err)
		}
	}
}

// FuzzParse checks that no line, however odd, panics: the library does on some.
func FuzzParse(f *testing.F) {
	for _, line := range []string{"59 22 * * *", "TZ=Europe/Paris", "@every 1s", "0 0 31 2 *", "*/0 * * * *"} {
		f.Add(line)
	}
	zone := paris(f)
	f.Fuzz(func(t *testing.T, line string) {
		s, err := schedule.Parse(line, zone)
		if err != nil {
			return
		}
		last := time.Unix(0, 0)
		for range 5 {
			next := s.Next(last)
			// Leap days are eight years apart around 2100 only.
			if !next.After(last) {
				t.Fatalf("%q: %v after %v", line, next, last)
			}
			last = next
		}
	})
}
