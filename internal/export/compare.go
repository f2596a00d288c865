package export

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/tabular"
)

// Snapshot is what is remembered of a file: enough to compare the next one with it, and
// to explain each employee, without the values of the cells.
type Snapshot struct {
	Day     roster.Date      `json:"day"`
	Dialect tabular.Dialect  `json:"dialect"`
	Columns []SnapshotColumn `json:"columns"`
	People  []Person         `json:"people"`
}

// SnapshotColumn is a column of the file.
type SnapshotColumn struct {
	Key    string        `json:"key"`
	Header string        `json:"header"`
	Level  profile.Level `json:"level"`
	From   []string      `json:"from"`
}

// Snapshot returns what is to be remembered of the file.
func (f *File) Snapshot(b *profile.Binding, day roster.Date) Snapshot {
	s := Snapshot{Day: day, Dialect: b.Dialect, People: f.People}
	for _, c := range b.Columns {
		s.Columns = append(s.Columns, SnapshotColumn{Key: c.Key, Header: c.Header, Level: c.Level, From: c.From})
	}
	return s
}

// Encode writes the snapshot for storage.
func (s Snapshot) Encode() ([]byte, error) { return json.Marshal(s) }

// DecodeSnapshot reads what Encode wrote.
func DecodeSnapshot(b []byte) (Snapshot, error) {
	var s Snapshot
	if err := json.Unmarshal(b, &s); err != nil {
		return Snapshot{}, fmt.Errorf("decode snapshot: %w", err)
	}
	return s, nil
}

// Find returns the people whom an administrator means by a login, an e-mail address, an
// employee number or a Lucca id.
func (s Snapshot) Find(who string) []Person {
	if who = strings.TrimSpace(who); who == "" {
		return nil
	}
	var found []Person
	for _, p := range s.People {
		if strings.EqualFold(p.Login, who) || strings.EqualFold(p.Mail, who) || p.Number == who {
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		for _, p := range s.People {
			if strconv.Itoa(p.ID) == who {
				found = append(found, p)
			}
		}
	}
	return found
}

// sent counts the people in the file.
func (s Snapshot) sent() int {
	n := 0
	for _, p := range s.People {
		if p.Decision == Sent {
			n++
		}
	}
	return n
}

func (s Snapshot) headers() []string {
	out := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		out[i] = c.Header
	}
	return out
}

// Comparison says how a file differs from the last one that was delivered.
type Comparison struct {
	// Previous is the number of people in the last file.
	Previous int
	// Unexplained are the people of the last file who are not in this one without
	// having left, by Lucca id, with the reason where it is known.
	Unexplained []Drop
	// HeaderChanged is set when the columns are not the same.
	HeaderChanged bool
}

// Drop is one person who is no longer in the file.
type Drop struct {
	ID     int
	Reason string
}

// Vanished returns the Lucca ids of people of the last file whom Lucca does not list any
// more, and whose contract had no end then that would explain it: one must ask Lucca
// what became of them.
func Vanished(last Snapshot, f *File, day roster.Date) []int {
	now := decisions(f.People)
	var ids []int
	for _, p := range last.People {
		if _, listed := now[p.ID]; p.Decision == Sent && !listed && !ended(p.End, day) {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

func ended(end, day roster.Date) bool { return !end.IsZero() && end.Before(day) }

// Compare explains who of the last file is missing. ends holds the contract ends that
// Lucca gave for vanished people.
func Compare(last Snapshot, f *File, day roster.Date, ends map[int]roster.Date) Comparison {
	c := Comparison{Previous: last.sent(), HeaderChanged: !slices.Equal(last.headers(), f.Header)}
	now := decisions(f.People)
	for _, p := range last.People {
		if p.Decision != Sent {
			continue
		}
		decision, listed := now[p.ID]
		reason := ""
		switch {
		case decision == Sent || decision == Left:
			continue
		case !listed && (ended(p.End, day) || ended(ends[p.ID], day)):
			continue
		case !listed:
			reason = "Lucca does not list this employee any more, and shows no end of contract"
		case decision == Rejected:
			reason = "the row was rejected"
		case decision == Upcoming:
			reason = "the contract now starts later"
		case decision == Elsewhere:
			reason = "now outside population.establishments"
		}
		c.Unexplained = append(c.Unexplained, Drop{ID: p.ID, Reason: reason})
	}
	return c
}

func decisions(people []Person) map[int]Decision {
	m := make(map[int]Decision, len(people))
	for _, p := range people {
		m[p.ID] = p.Decision
	}
	return m
}

// Findings returns one warning for each unexplained drop.
func (c Comparison) Findings() []finding.Finding {
	out := make([]finding.Finding, 0, len(c.Unexplained))
	for _, d := range c.Unexplained {
		out = append(out, finding.Finding{
			Severity: finding.Warning, Code: "unexplained_drop",
			Message: fmt.Sprintf("Lucca id %d was in the last file and is not in this one, without having left: %s", d.ID, d.Reason),
		})
	}
	return out
}
