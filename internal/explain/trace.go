package explain

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
	"strings"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/person"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
)

// Names are what somebody is called.
type Names struct {
	Name   string `json:"name,omitempty"`
	Login  string `json:"login,omitempty"`
	Mail   string `json:"mail,omitempty"`
	Number string `json:"number,omitempty"`
}

// Trace is what is kept of one person beside the file or the plan of a run, so that their time
// line reads neither.
type Trace struct {
	// ID is the Lucca id; 0 for somebody who has none yet.
	ID int
	Names
	// Said is what the run says of them, as SaidInFile and SaidInPlan read it.
	Said []byte
}

// Person is a number that is the same for the same person: the Lucca id, or one below zero that is
// made of what they are called.
func (t Trace) Person() int64 {
	if t.ID > 0 {
		return int64(t.ID)
	}
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%s\n%s\n%s\n%s", person.LoginKey(t.Login), person.AddressKey(t.Mail), t.Number, person.Fold(t.Name)) // never fails
	return -int64(h.Sum64()>>1) - 1
}

// Keys are the forms in which the names are looked for: see ExactKeys and NameParts.
func (n Names) Keys() []string {
	var keys []string
	for _, k := range []struct{ kind, key string }{
		{"l:", person.LoginKey(n.Login)}, {"m:", person.AddressKey(n.Mail)}, {"n:", n.Number}, {"f:", person.Fold(n.Name)},
	} {
		if k.key != "" {
			keys = append(keys, k.kind+oneLine(k.key))
		}
	}
	return keys
}

// Shown is the names as the store gives them back: see ReadNames.
func (n Names) Shown() string { return string(encode(n)) }

// ReadNames reads what Shown wrote.
func ReadNames(shown string) (n Names, err error) {
	if json.Unmarshal([]byte(shown), &n) != nil {
		return n, errors.New("read the names of a person: they are not what was kept")
	}
	return n, nil
}

// ExactKeys are the keys of whoever is called who by login, e-mail address or number.
func ExactKeys(who string) []string {
	return []string{"l:" + oneLine(person.LoginKey(who)), "m:" + oneLine(person.AddressKey(who)), "n:" + oneLine(who)}
}

// NameParts are what the keys of whoever has who in their name hold, each.
func NameParts(who string) []string { return strings.Fields(person.Fold(who)) }

func oneLine(s string) string { return strings.NewReplacer("\n", " ", "\r", " ").Replace(s) }

// inPlan is Said of a plan.
type inPlan struct {
	Item   int                            `json:"item"`
	Row    int                            `json:"row,omitempty"`
	Action plan.Action                    `json:"action"`
	Set    map[string]plan.DocumentChange `json:"set,omitempty"`
	// Rest is what was found and is not listed.
	Rest []finding.Finding `json:"rest,omitempty"`
}

// InFile are the people whom an export knows.
func InFile(s export.Snapshot) iter.Seq[Trace] {
	return func(yield func(Trace) bool) {
		for _, p := range s.People {
			t := Trace{ID: p.ID, Names: Names{p.Name, p.Login, p.Mail, p.Number}}
			p.Name, p.Login, p.Mail, p.Number = "", "", "", ""
			t.Said = encode(p)
			if !yield(t) {
				return
			}
		}
	}
}

// InPlan are the people whom a plan is about.
func InPlan(p *plan.Plan, people []Person) iter.Seq[Trace] {
	return func(yield func(Trace) bool) {
		rest := sorted(p.Rest)
		for _, who := range people {
			if who.Item >= len(p.Items) {
				continue
			}
			item := &p.Items[who.Item]
			t := Trace{ID: item.EmployeeID, Names: Names{who.Name, who.Login, who.Mail, who.Number}}
			if t.Names == (Names{}) && t.ID == 0 {
				continue // nobody could ask
			}
			t.Said = encode(inPlan{who.Item, item.Row, item.Action, setOf(item), unlisted(rest, item.Row)})
			if !yield(t) {
				return
			}
		}
	}
}

// encode writes what holds only texts, numbers and dates.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("explain: encode what a run says of a person: %v", err))
	}
	return b
}

// SaidInFile says what an export did with somebody, as Export does, but for the cells.
func SaidInFile(r run.Run, id int, said []byte) (Explanation, error) {
	var p export.Person
	if err := json.Unmarshal(said, &p); err != nil {
		return Explanation{}, damaged(r)
	}
	p.ID = id
	return sent(r, p), nil
}

// SaidInPlan says what a plan does to somebody, as Plan does. Found are the findings of a row.
func SaidInPlan(r run.Run, id int, said []byte, found func(row int) ([]finding.Finding, error)) (Explanation, error) {
	var p inPlan
	if err := json.Unmarshal(said, &p); err != nil {
		return Explanation{}, damaged(r)
	}
	e := planned(r, plan.Item{EmployeeID: id, Row: p.Row, Action: p.Action}, p.Item)
	e.Set = p.Set
	if p.Row > 0 {
		listed, err := found(p.Row)
		if err != nil {
			return e, err
		}
		e.Notes = append(listed, p.Rest...)
	}
	return e, nil
}

// damaged names no value: what was read may hold any.
func damaged(r run.Run) error {
	return fmt.Errorf("read what run %s says of a person: it is not what was kept", r.ID)
}
