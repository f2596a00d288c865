package message_test

import (
	"testing"
	"time"

	"lucca-exchange/internal/message"
)

// TestSchedulesAreTold: what a crontab's line means, in each language; one that no text says better stays.
func TestSchedulesAreTold(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][3]string{
		"0 6 * * *":        {"every day at 06:00", "chaque jour à 06:00", "täglich um 06:00"},
		"59  22 * * *":     {"every day at 22:59", "chaque jour à 22:59", "täglich um 22:59"},
		"30 6,12,18 * * *": {"every day at 06:30, 12:30 and 18:30", "chaque jour à 06:30, 12:30 et 18:30", "täglich um 06:30, 12:30 und 18:30"},
		"0 6 * * 1-5":      {"Monday to Friday at 06:00", "du lundi au vendredi à 06:00", "Montag bis Freitag um 06:00"},
		"0 6 * * 7":        {"every Sunday at 06:00", "chaque dimanche à 06:00", "jeden Sonntag um 06:00"},
		"5 6 1 * *":        {"on day 1 of each month at 06:05", "le 1 de chaque mois à 06:05", "am 1. jedes Monats um 06:05"},
		"*/15 * * * *":     {"every 15 minutes", "toutes les 15 minutes", "alle 15 Minuten"},
		"*/1 * * * *":      {"every minute", "chaque minute", "jede Minute"},
		"5 * * * *":        {"every hour at minute 05", "chaque heure à la minute 05", "stündlich zur Minute 05"},
		"@daily":           {"every day at 00:00", "chaque jour à 00:00", "täglich um 00:00"},
		"0 6 1 * 1":        {"0 6 1 * 1", "0 6 1 * 1", "0 6 1 * 1"},
		"0 6 * * 9":        {"0 6 * * 9", "0 6 * * 9", "0 6 * * 9"},
		"0 3 * 1-6 MON#1":  {"0 3 * 1-6 MON#1", "0 3 * 1-6 MON#1", "0 3 * 1-6 MON#1"},
		"@every 10m":       {"@every 10m", "@every 10m", "@every 10m"},
		"0 6 * * MON":      {"0 6 * * MON", "0 6 * * MON", "0 6 * * MON"},
		"*/7 5 * * *":      {"*/7 5 * * *", "*/7 5 * * *", "*/7 5 * * *"},
	} {
		for i, l := range message.Languages() {
			if got := message.Schedule(message.In(l, time.UTC), line); got != want[i] {
				t.Errorf("%s: %q is told as %q, want %q", l, line, got, want[i])
			}
		}
	}
}
