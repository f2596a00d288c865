package export

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/person"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/tabular"
)

// Snapshot is what is remembered of a file: enough to compare the next one with it, and
// to explain each employee, without the values of the cells.
type Snapshot struct {
	Day     roster.Date      `json:"day"`
	Dialect tabular.Dialect  `json:"dialect"`
	Columns []SnapshotColumn `json:"columns"`
	People  []Person         `json:"people"`
	// Places are the names of the establishments, by Lucca id, where the flow reads them.
	Places map[int]string `json:"places,omitempty"`
	// Dangling counts the rows that refer to a manager who is not in the file.
	Dangling int `json:"dangling,omitempty"`
	// Leavers is for how many days people who have left are in the file.
	Leavers int `json:"leavers,omitempty"`
	// Parts are what the partner gets in its place, one for each establishment.
	Parts []Part `json:"parts,omitempty"`
	// Sends is what the run sends, in the spool, where that is more than one file; Before the run in
	// which the partner was sent the last file then, if any.
	Sends  *run.File `json:"sends,omitempty"`
	Before string    `json:"before,omitempty"`
	// Settings are what the file was made for, by key, as the caller writes them.
	Settings map[string]string `json:"settings,omitempty"`
}

// SnapshotColumn is a column of the file.
type SnapshotColumn struct {
	Key    string        `json:"key"`
	Header string        `json:"header"`
	Level  profile.Level `json:"level"`
	From   []string      `json:"from"`
	// AboutManager: it is about somebody whom the employee refers to.
	AboutManager bool `json:"about_manager,omitempty"`
}

// Snapshot returns what is to be remembered of the file.
func (f *File) Snapshot(b *profile.Binding, day roster.Date) Snapshot {
	s := Snapshot{Day: day, Dialect: b.Dialect, People: f.People, Places: f.places, Dangling: f.Dangling, Leavers: f.leavers}
	for _, c := range b.Columns {
		_, about := c.AboutManager()
		s.Columns = append(s.Columns, SnapshotColumn{Key: c.Key, Header: c.Header, Level: c.Level, From: c.From, AboutManager: about})
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
		if person.Called(who, p.Login, p.Mail, p.Number) {
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

// Sent counts the people in the file.
func (s Snapshot) Sent() int { return s.Count(Sent) }

// Count counts the people of whom this was decided.
func (s Snapshot) Count(d Decision) int {
	n := 0
	for _, p := range s.People {
		if p.Decision == d {
			n++
		}
	}
	return n
}

// Comparison says how a file differs from the last one that was delivered.
type Comparison struct {
	// Previous is the number of people in the last file.
	Previous int
	// Unexplained are the people of the last file who are not in this one without
	// having left.
	Unexplained []Drop
	// Left counts the people of the last file who have left since, Joined those of this one who were
	// not in it.
	Left, Joined int
	// FormatChanged is set when the columns or the dialect are not the same.
	FormatChanged bool
	// Gone are the people of earlier files whom Lucca does not list any more, to be
	// remembered with this file.
	Gone []Person
	// Dangling is that of the last file.
	Dangling int
	// Places are the establishments of the people of the last file, as far as known.
	Places []Place
	// at is the establishment of the people of the last file, as far as known.
	at map[int]int
	// Values are what changes in the cells; nil where those of the last file are not known.
	Values *Changes
}

// Moved counts who is in the file and was not in the last one, who is in it no more, and whose
// values are others. Where the values of the last file are not known, nobody's are.
func (c *Comparison) Moved() run.People {
	d := run.People{Joined: c.Joined, Left: c.Left + len(c.Unexplained)}
	if c.Values != nil {
		d.Changed = c.Values.Altered()
	}
	return d
}

// Place is what became of the people of the last file who worked at one establishment.
type Place struct {
	ID, Previous, Missing int
}

// Drop is one person, by Lucca id, who is no longer in the file.
type Drop struct {
	ID     int
	Reason string
}

// goneDays is how long somebody who is gone is remembered, to be explained.
const goneDays = 90

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

// ended reports whether somebody whom Lucca does not list has left by the day. The last
// day itself counts: where it is already tomorrow for Lucca, they are no longer listed.
func ended(end, day roster.Date) bool { return !end.IsZero() && !end.After(day) }

// Compare explains who of the last file is missing from the file that now describes. ends
// holds the contract ends that Lucca gave for vanished people.
func Compare(last, now Snapshot, ends map[int]roster.Date) Comparison {
	c := Comparison{Previous: last.Sent(), FormatChanged: !sameFormat(last, now), Dangling: last.Dangling, at: make(map[int]int, len(last.People))}
	decided := decisions(now.People)
	before := decisions(last.People)
	unsent := make(map[int]bool) // whoever is in those is late, not new
	for _, p := range last.Parts {
		unsent[p.Place] = p.Unsent
	}
	for _, p := range now.People {
		if p.Decision == Sent && before[p.ID] != Sent && !unsent[p.Place] {
			c.Joined++
		}
	}
	places := make(map[int]Place)
	for _, p := range last.People {
		decision, listed := decided[p.ID]
		if !listed {
			c.gone(p, now.Day, ends[p.ID])
		}
		if p.Decision == Sent && decision != Sent {
			c.drop(p, decision, listed, now, ends[p.ID])
		}
		if p.Decision == Sent && p.Place != 0 {
			c.at[p.ID] = p.Place
			at := places[p.Place]
			at.ID, at.Previous = p.Place, at.Previous+1
			if decision != Sent {
				at.Missing++
			}
			places[p.Place] = at
		}
	}
	for _, id := range slices.Sorted(maps.Keys(places)) {
		c.Places = append(c.Places, places[id])
	}
	return c
}

// gone remembers somebody whom Lucca does not list any more.
func (c *Comparison) gone(p Person, day, end roster.Date) {
	switch p.Decision {
	case Sent:
		p.Decision, p.Since, p.Row, p.Notes = Gone, day, 0, nil
		if !end.IsZero() {
			p.End = end
		}
	case Gone:
		if p.Since.AddDays(goneDays).Before(day) {
			return
		}
	default:
		return
	}
	c.Gone = append(c.Gone, p)
}

// drop sorts out somebody who was in the last file and is not in this one.
func (c *Comparison) drop(p Person, decision Decision, listed bool, now Snapshot, end roster.Date) {
	reason, day := "", now.Day
	switch {
	case !listed && now.tells(p.End), !listed && now.tells(end):
		reason = "has left, which the partner is to be told by a row, and Lucca does not list this employee any more"
	case decision == Left, !listed && (ended(p.End, day) || ended(end, day)):
		c.Left++
		return
	case !listed:
		reason = "Lucca does not list this employee any more, and shows no end of contract"
	case decision == Rejected:
		reason = "the row was rejected"
	case decision == Upcoming:
		reason = "the contract now starts later"
	case decision == Elsewhere:
		reason = "now outside the population of the flow"
	}
	c.Unexplained = append(c.Unexplained, Drop{ID: p.ID, Reason: reason})
}

// tells reports whether the file is to have a row of somebody whose contract ended then.
func (s Snapshot) tells(end roster.Date) bool {
	return !end.IsZero() && end.Before(s.Day) && !end.AddDays(s.Leavers).Before(s.Day)
}

// sameFormat reports whether two files have the same columns, under the same headers and
// in the same dialect: a partner reads both alike.
func sameFormat(a, b Snapshot) bool {
	return a.Dialect == b.Dialect && slices.EqualFunc(a.Columns, b.Columns, func(x, y SnapshotColumn) bool {
		return x.Key == y.Key && x.Header == y.Header
	})
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
