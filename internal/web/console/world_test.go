package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/hires"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/hire/generic"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/plan"
	folder "lucca-exchange/internal/remote/dir"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// exampleConfig is one export and one import, by hand and by schedule.
func exampleConfig(t *testing.T) *config.Config {
	t.Helper()
	dir := t.TempDir()
	path, key := filepath.Join(dir, "lucca-exchange.yaml"), filepath.Join(dir, "key")
	if err := os.WriteFile(key, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := `lucca: {url: "https://acme.ilucca.net", api_key: {file: ` + key + `}}
remotes:
  drop: {type: dir, dir: ` + dir + `}
flows:
  skillup: {export: {profile: skillup, population: {exclude: [the.founder]}}, to: drop, file: "skillup_{date}.csv", schedule: "0 3 * * *"}
  payroll: {import: {mode: delta}, from: drop, pattern: "users_*.csv"}
  ats: {hires: {source: generic}, from: drop, pattern: "hires_*.json"}
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, faults := config.Load(path, config.Registry{Transports: []config.Transport{config.NewTransport("dir", folder.Config{}, folder.New)},
		Sources: []config.Source{config.NewSource("generic", generic.Config{}, generic.New)}})
	if c == nil {
		t.Fatal(faults)
	}
	return c
}

// fill gives the state a month of nights, a held import with hostile words, and a failure.
func (s *site) fill(t *testing.T) {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	drop := s.config.Remotes["drop"]
	drop.Ends = func() time.Time { return now.Add(12 * 24 * time.Hour) }
	s.config.Remotes["drop"] = drop
	for n := range 40 {
		at := now.Add(-time.Duration(40-n) * 24 * time.Hour)
		o, reason := run.Done, ""
		switch {
		case n == 11:
			o, reason = run.Failed, "open \"sftp.skillup.example:22\": connection refused"
		case n%9 == 0:
			o = run.Rejections
		case n%7 == 0:
			o = run.Nothing
		}
		s.keep(t, state.Record{Run: run.Run{
			ID: run.NewID(at), Flow: "skillup", Kind: run.Export, Slot: at, StartedAt: at, FinishedAt: at.Add(14 * time.Second),
			Result: run.Result{
				Outcome: o, Reason: reason, Rows: &run.Rows{Read: 1000 + 3*n, Sent: 998 + 3*n, Rejected: 2}, Requests: &run.Requests{Lucca: 12}, People: &run.People{Joined: 4, Left: 1, Changed: 17},
				File: &run.File{Name: "skillup_20261128.csv", Bytes: 120345, SHA256: strings.Repeat("c0ffee01", 8)},
			},
		}})
	}
	s.file = strings.ReplaceAll(hostile, "/", "") + ".csv"
	at := now.Add(-2 * time.Hour)
	held := state.Record{Run: run.Run{
		ID: run.NewID(at), Flow: "payroll", Kind: run.Import, StartedAt: at, FinishedAt: at.Add(3 * time.Second),
		Result: run.Result{
			Outcome: run.Held, Reason: "the contracts of 3 of 40 present employees would end, more than 1 (5%)", Rows: &run.Rows{Read: 40, Sent: 37, Rejected: 3},
			Changes: &run.Changes{Create: 2, Update: 30, End: 3, Unchanged: 2, Reject: 3},
			File:    &run.File{Name: s.file, Bytes: 8123, SHA256: strings.Repeat("beef", 16)},
			Limits:  []run.Limit{{Name: "ends", Value: "3", Bound: "1", Held: true}, {Name: "changed_share", Value: "12.5%", Bound: "20%"}},
		},
	}}
	for row := range 5 {
		held.Findings = append(held.Findings, finding.Finding{Severity: finding.Error, Code: "unknown_manager", Row: row + 2, Column: "manager", Cell: "H" + string(rune('2'+row)), Message: "no employee with this number: correct it, or leave the cell empty"})
	}
	held.Findings = append(held.Findings, finding.Finding{Severity: finding.Warning, Code: "manager_left", Row: 9, Column: "manager", Cell: "H9", Message: "the manager has left"})
	s.keep(t, held)
	s.held = held.ID
	s.plan = &plan.Plan{}
	for row := range 120 {
		action := plan.Update
		if row%40 == 0 {
			action = plan.End
		}
		who := explain.Person{Item: row, Name: fmt.Sprintf("Personne %d", row), Login: fmt.Sprintf("claire.martin%d", row)}
		switch row {
		case 4:
			who.Login = "claire.martin"
		case 5, 6:
			who.Name = "Zoé Dupré"
		case 7:
			who.Name = hostile
		}
		who.Establishment = [...]string{"Lyon", "Paris"}[row%2]
		if row%5 > 0 {
			who.Manager = [...]string{"", "Hélène Vasseur", hostile, "Noé Kerbrat", "Noé Kerbrat"}[row%5]
		}
		s.people = append(s.people, who)
		s.plan.Items = append(s.plan.Items, plan.Item{
			Row: row + 2, Action: action, EmployeeID: 100 + row, Login: who.Login,
			Set: plan.SetOf(map[string]plan.Change{"jobTitle": {From: "Comptable", To: hostile}, "lastName": {From: "Martin", To: "N'Diaye"}}),
		})
	}
	s.recruit(t, now)
	s.keepDraft(t)
	record := state.PlanRecord{
		Run: s.held, Flow: "payroll", Hash: strings.Repeat("9f86d081", 8), Expires: now.Add(time.Hour),
		People: flow.Known(explain.InPlan(s.plan, s.people)), Lines: flow.Lines(explain.Lines(s.plan, s.people)),
	}
	if err := s.store.Plans().SavePlan(t.Context(), record); err != nil {
		t.Fatal(err)
	}
}

// recruit has one candidate held, one refused, and one who was created.
func (s *site) recruit(t *testing.T, at time.Time) {
	t.Helper()
	var all []state.Hire
	for n, name := range []string{hostile, "Nguyễn", "Kermadec"} {
		data, err := json.Marshal(hires.Stored{Event: hire.Event{
			Source: "generic", ExternalID: fmt.Sprintf("R-%d", n), FirstName: "Zoé", LastName: name, Mail: "zoe@mail.example", Department: "Lyom", JobTitle: hostile,
		}})
		if err != nil {
			t.Fatal(err)
		}
		h := state.Hire{Flow: "ats", Source: "generic", EventID: fmt.Sprintf("R-%d", n), Received: at, Updated: at, Data: data}
		switch n {
		case 0:
			h.State, h.Reason, h.EmployeeID = state.HireHeld, "somebody else has the same name: check that it is not the same person", 104
		case 1:
			h.State, h.Reason = state.HireRefused, "Flatchr does not tell the vacancy: complete department, contract type and start date in Lucca"
		default:
			h.State, h.EmployeeID = state.HireApplied, 105
		}
		all = append(all, h)
	}
	stored, err := s.store.HireBook().AddHires(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	s.heldHire, s.refusedHire = stored[0].ID, stored[1].ID
}

// hostile is what a file, a name or an answer may hold: markup, and letters that turn a line round.
const hostile = "<script>alert(1)</script>\"onload=x \u202ecsv.exe"

func (s *site) keep(t *testing.T, r state.Record) {
	t.Helper()
	begun := r
	begun.Result, begun.Findings, begun.FinishedAt = run.Result{}, nil, time.Time{}
	if _, err := s.store.Runs().Begin(t.Context(), begun); err != nil {
		t.Fatal(err)
	}
	if err := s.store.Runs().Finish(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

func (s *site) inspector() inspect.Inspector {
	return inspect.Inspector{
		Config: s.config, Store: inspect.StoreOf(s.store), Acts: s.store.Audit().Of,
		Queue: func(context.Context) (map[string]inspect.Queue, error) { return nil, nil },
		Event: func(h state.Hire) (hire.Event, error) {
			stored, err := hires.Decode(h)
			return stored.Hire(), err
		},
		Plan: func(state.PlanRecord, bool) (inspect.Plan, error) {
			return inspect.Plan{Plan: s.plan, People: s.people}, nil
		},
	}
}

// pages are those that everybody may open, by a name for their picture.
func (s *site) pages() map[string]string {
	return map[string]string{
		"overview": "/", "runs": "/runs", "failed": "/runs?outcome=failed", "run": "/runs/" + s.held, "plan": "/runs/" + s.held + "/plan",
		"flow": "/flows/skillup", "hires": "/hires", "people": "/people/104", "search": "/people", "found": "/runs/" + s.held + "?code=unknown_manager", "teams": "/runs/" + s.held + "/plan?by=manager&code=unknown_manager", "audit": "/audit", "check": "/check", "newfile": "/files/new", "draft": s.draft, "row": s.draft + "?row=3", "me": "/me", "nothing": "/no-such-page",
	}
}
