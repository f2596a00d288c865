package export

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/tabular"
)

// Split says by what a file is cut into several; empty for one whole file.
type Split string

// ByEstablishment makes a file for each establishment.
const ByEstablishment Split = "establishment"

// InName stands for the word of a part in the template of a file's name.
const InName = "{establishment}"

// Part is the file of one establishment.
type Part struct {
	// Place is the establishment, by Lucca id; Name is its name there.
	Place int    `json:"place"`
	Name  string `json:"name"`
	// Word stands for it in the names of files: its code, or else its name, in ASCII.
	Word string `json:"word"`
	// Rows counts the people in it: none in the last one of an establishment that everybody left.
	Rows int `json:"rows"`
	// File is the name that the partner was sent it under, and Before the run in which they were
	// sent the last one before, if any: the caller fills them in.
	File   string `json:"file,omitempty"`
	Before string `json:"before,omitempty"`
	// Unsent: the run ended before the partner was sent it, and they have no earlier one.
	Unsent bool `json:"-"`
}

// Piece is a part at hand, with its rows.
type Piece struct {
	Part
	content bytes.Buffer
	out     *tabular.Writer
}

// Content is the file, in CSV.
func (p *Piece) Content() []byte { return p.content.Bytes() }

// part is the one of an establishment, begun where it is not there yet.
func (f *File) part(at roster.Establishment, d tabular.Dialect) (*Piece, error) {
	if p := f.Parts[at.ID]; p != nil {
		return p, nil
	}
	p := &Piece{Part: Part{Place: at.ID, Name: at.Name, Word: word(at)}}
	var err error
	if p.out, err = tabular.NewWriter(&p.content, d); err != nil {
		return nil, err
	}
	if d.Header {
		if err := p.out.Write(f.Header); err != nil {
			return nil, fmt.Errorf("write header: %w", err)
		}
	}
	f.Parts[at.ID] = p
	return p, nil
}

// Emptied adds, without people, the parts of establishments that had some in the last file and
// have none in this one: the partner would keep those people for ever.
func (f *File) Emptied(last Snapshot, d tabular.Dialect) error {
	for _, p := range last.Parts {
		if p.Rows == 0 || f.Parts[p.Place] != nil {
			continue
		}
		empty, err := f.part(roster.Establishment{ID: p.Place, Name: p.Name}, d)
		if err != nil {
			return err
		}
		empty.Word = p.Word
		if err := empty.out.Flush(); err != nil {
			return fmt.Errorf("write file: %w", err)
		}
	}
	return nil
}

// InOrder are the parts of the file by their establishments. Of two that would have one name,
// the younger gets its id into it.
func (f *File) InOrder() []*Piece {
	var parts []*Piece
	taken := make(map[string]bool)
	for _, id := range slices.Sorted(maps.Keys(f.Parts)) {
		p := f.Parts[id]
		for taken[strings.ToLower(p.Word)] {
			p.Word += "-" + strconv.Itoa(id)
		}
		taken[strings.ToLower(p.Word)] = true
		parts = append(parts, p)
	}
	return parts
}

// word is what an establishment is called in the names of files.
func word(at roster.Establishment) string {
	for _, text := range []string{at.Code, at.Name} {
		var b strings.Builder
		for _, r := range norm.NFKD.String(text) {
			switch {
			case r < 0x80 && (r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == '_'):
				b.WriteRune(r)
			case r < 0x300 || r > 0x36f: // no accent
				b.WriteByte('-')
			}
		}
		if words := strings.FieldsFunc(b.String(), func(r rune) bool { return r == '-' }); len(words) > 0 {
			return strings.Join(words, "-")
		}
	}
	return strconv.Itoa(at.ID)
}

// With is the snapshot, with the people of one part as an earlier one has them: the partner was
// not sent the newer part.
func (s Snapshot) With(earlier Snapshot, place int) Snapshot {
	sent := make(map[int]bool) // in another part
	for _, p := range s.People {
		sent[p.ID] = p.Decision == Sent && p.Place != place
	}
	var back []Person
	restored := make(map[int]bool)
	for _, p := range earlier.People {
		if p.Decision == Sent && p.Place == place && !sent[p.ID] {
			back, restored[p.ID] = append(back, p), true
		}
	}
	people := slices.DeleteFunc(slices.Clone(s.People), func(p Person) bool {
		return restored[p.ID] || p.Decision == Sent && p.Place == place
	})
	people = append(people, back...)
	s.People, s.Parts = people, slices.Clone(s.Parts)
	for i, p := range s.Parts {
		if p.Place != place {
			continue
		}
		s.Parts[i].Rows, s.Parts[i].Unsent = 0, true
		for _, e := range earlier.Parts {
			if e.Place == place {
				s.Parts[i] = e
			}
		}
	}
	return s
}

// judgement measures the parts of a file.
type judgement struct {
	limits Limits
	// was are the people of the last parts, rejected counts the rows that are not sent now, both
	// by establishment; now is where those work who are in the file.
	was      map[int]map[int]bool
	rejected map[int]int
	now      map[int]int
	held     []run.Limit
}

// JudgeParts measures each part of a file like a file of its own, and returns the limits that hold
// it, each with its establishment. Up to 5 people never hold a part. Somebody who works at another
// establishment now is missing from the part of this one. Values are the changes of some people.
func (l Limits) JudgeParts(f *File, now, last Snapshot, values func(people map[int]bool) *Changes) []run.Limit {
	j := judgement{limits: l, was: make(map[int]map[int]bool), rejected: make(map[int]int), now: make(map[int]int)}
	for _, p := range last.People {
		if p.Decision == Sent {
			if j.was[p.Place] == nil {
				j.was[p.Place] = make(map[int]bool)
			}
			j.was[p.Place][p.ID] = true
		}
	}
	for _, p := range now.People {
		switch p.Decision {
		case Sent:
			j.now[p.ID] = p.Place
		case Rejected:
			j.rejected[p.Place]++
		}
	}
	for _, old := range last.Parts {
		if part := f.Parts[old.Place]; part != nil && old.Rows > 0 {
			j.people(&part.Part, old)
			j.values(&part.Part, values(j.was[old.Place]))
		}
	}
	return j.held
}

func (j *judgement) hold(p *Part, l run.Limit) {
	l.Held, l.Value, l.Reason = true, l.Value+" of "+p.Name, p.Name+", which has a file of its own: "+l.Reason
	j.held = append(j.held, l)
}

// people measures who is missing from a part, and what it is called.
func (j *judgement) people(p *Part, old Part) {
	if p.Word != old.Word {
		j.hold(p, run.Limit{Name: "file_name", Value: p.Word, Bound: old.Word, Reason: fmt.Sprintf(
			"the name of the file has %q in it, and that of the last one had %q: tell the partner first, then approve", p.Word, old.Word)})
	}
	was, missing, joined := len(j.was[p.Place]), 0, p.Rows
	for id := range j.was[p.Place] {
		if j.now[id] == p.Place {
			joined--
		} else {
			missing++
		}
	}
	share := func(name string, n, of int, bound limit.Percent, says string) {
		if n > valueFloor && bound.Exceeded(n, of) {
			j.hold(p, run.Limit{Name: name, Value: limit.Share(n, of).String(), Bound: bound.String(), Reason: fmt.Sprintf(says, n, of, bound)})
		}
	}
	share("max_establishment", missing, was, or(j.limits.MaxEstablishment, defaultPlaceShare), "%d of the %d people of its last file are not in this one, more than %s")
	if !old.Unsent { // whoever is in that is late, not new
		share("max_joiners", joined, p.Rows, or(j.limits.MaxJoiners, defaultMaxJoiners), "%d of its %d rows are of people who are not in its last file, more than %s")
	}
	rejected := j.rejected[p.Place]
	share("max_rejected", rejected, rejected+p.Rows, or(j.limits.MaxRejected, defaultMaxRejected), "%d of its %d rows would be rejected, more than %s")
}

// values measures the cells of a part.
func (j *judgement) values(p *Part, c *Changes) {
	if c == nil {
		return
	}
	limits, _, _ := j.limits.judgeValues(c)
	for _, l := range limits {
		if l.Held {
			j.hold(p, l)
		}
	}
}
