package inspect_test

import (
	"errors"
	"io"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/change"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// history is an instance in which Zoé is created by an import, found in files, renamed, updated and
// leaves; beside her is another Médard. Indexed says whether runs know their people.
func history(t *testing.T, indexed bool) *world {
	t.Helper()
	w := newWorld(t, "http://127.0.0.1:1").asKept()
	known := func(traces iter.Seq[explain.Trace]) iter.Seq[state.Known] {
		if !indexed {
			return nil
		}
		return flow.Known(traces)
	}
	imported := func(step apply.Step, item plan.Item, login string, found ...finding.Finding) {
		r := w.begin(t, "payroll")
		p := &plan.Plan{Items: []plan.Item{{Row: 2, Action: plan.Unchanged, EmployeeID: 8, Login: "max.medard"}, item}}
		people := []explain.Person{{Item: 0, Name: "Max Médard", Login: "max.medard"}, {Item: 1, Name: "Zoé Médard", Login: login, Mail: "zoe@acme.example"}}
		stored := change.Stored{Plan: p, People: people}
		err := w.store.Plans().SavePlan(t.Context(), state.PlanRecord{
			Run: r.ID, Flow: r.Flow, Hash: p.Hash(), Write: func(out io.Writer) error { return stored.Write(out) }, People: known(explain.InPlan(p, people)),
		})
		if err == nil && step != "" {
			err = w.store.Plans().SaveRow(t.Context(), apply.Outcome{Run: r.ID, Item: 1, Row: 3, EmployeeID: 7, Action: item.Action, Step: step, Message: "no", At: w.clock})
		}
		if err != nil {
			t.Fatal(err)
		}
		r.Findings = found
		w.end(t, withFile(r, "users.csv", 2), run.Rejections)
	}
	sent := func(people ...export.Person) {
		r := w.begin(t, "nightly")
		s := export.Snapshot{People: people}
		data, err := s.Encode()
		if err == nil {
			err = w.store.Deliveries().SaveSnapshot(t.Context(), r.ID, data, known(explain.InFile(s)))
		}
		if err != nil {
			t.Fatal(err)
		}
		w.end(t, withFile(r, "out.csv", 2), run.Done)
	}
	maxime := export.Person{ID: 8, Name: "Max Médard", Login: "max.medard", Decision: export.Sent, Row: 2}
	zoe := export.Person{ID: 7, Name: "Zoé Médard", Login: "zoe.medard", Mail: "zoe@acme.example", Number: "42", Decision: export.Sent, Row: 3}
	imported(apply.Applied, plan.Item{Row: 3, Action: plan.Create, Login: "zoe.medard", Set: plan.SetOf(map[string]plan.Change{plan.LastName: {To: "Médard"}})}, "zoe.medard")
	sent(maxime, zoe)
	zoe.Row = 4
	sent(maxime, zoe)
	zoe.Login, zoe.Name = "zoe.durand", "Zoé Durand"
	sent(maxime, zoe)
	imported(apply.Refused, plan.Item{Row: 3, Action: plan.Update, EmployeeID: 7, Login: "zoe.durand", Set: plan.SetOf(map[string]plan.Change{plan.Mail: {From: "a", To: "b"}})}, "zoe.durand",
		finding.Finding{Severity: finding.Warning, Code: "similar_person", Row: 3, Message: "look"}, finding.Finding{Severity: finding.Error, Code: "date", Row: 2, Message: "of another"})
	zoe.Decision, zoe.Row, zoe.Notes = export.Rejected, 0, []finding.Finding{{Severity: finding.Error, Code: "missing", Message: "has no e-mail"}}
	sent(maxime, zoe)
	return w
}

// TestTimeLineIsThatOfTheFiles: what is kept of each person says what the whole files and plans say,
// and follows her to where she had no id yet.
func TestTimeLineIsThatOfTheFiles(t *testing.T) {
	t.Parallel()
	whole, indexed := history(t, false), history(t, true)
	for _, who := range []string{"zoe.durand", "ZOE.DURAND", "zoe@acme.example", "42", "7", "max.medard", "nobody", " ", "%"} {
		want, err := whole.Person(t.Context(), who, 100)
		if err != nil {
			t.Fatal(err)
		}
		got, err := indexed.Person(t.Context(), who, 100)
		if err != nil {
			t.Fatal(err)
		}
		if strings.EqualFold(who, "zoe.durand") || who == "7" || who == "42" {
			// Whole files know no way from these to the row that had no id.
			if len(got) != len(want)+1 || got[len(got)-1].Action != plan.Create {
				t.Errorf("%s: %d events, want those of the files and the first", who, len(got))
			}
			got = got[:len(got)-1]
		}
		if diff := cmp.Diff(anonymous(want), anonymous(got)); diff != "" {
			t.Errorf("%s (-files +kept):\n%s", who, diff)
		}
	}
	for name, w := range map[string]*world{"whole": whole, "indexed": indexed} {
		want, err := w.Person(t.Context(), "7", 100)
		if err != nil {
			t.Fatal(err)
		}
		who, got, err := inspect.PersonOf(t.Context(), w.Inspector, 7, 100)
		if diff := cmp.Diff(want, got); diff != "" || err != nil || who.ID != 7 || name == "indexed" && who.Name != "Zoé Durand" {
			t.Errorf("%s, by her id: %+v %v\n%s", name, who, err, diff)
		}
		if who, got, err := inspect.PersonOf(t.Context(), w.Inspector, 42, 100); err != nil || len(got) > 0 || who.Name != "" {
			t.Errorf("%s, by her number as an id: %+v %+v %v", name, who, got, err)
		}
	}
	if short, err := indexed.Person(t.Context(), "7", 2); err != nil || len(short) != 2 {
		t.Errorf("of the newest two runs: %+v, %v", short, err)
	}
}

// anonymous leaves out the ids of runs, which two instances do not share.
func anonymous(events []inspect.Event) []inspect.Event {
	for n := range events {
		events[n].Run = ""
	}
	return events
}

// TestPeopleAreFoundByName whatever its accents and case, under former names too; where several have
// it, they are asked for by their ids.
func TestPeopleAreFoundByName(t *testing.T) {
	t.Parallel()
	w := history(t, true)
	for _, who := range []string{"Durand", "durand zoé", "ZOE", "zoé médard"} {
		got, err := w.Person(t.Context(), who, 100)
		if err != nil || len(got) == 0 || got[0].Employee != 7 {
			t.Errorf("%s: %+v, %v", who, got, err)
		}
	}
	_, err := w.Person(t.Context(), "medard", 100)
	if !errors.Is(err, run.ErrUsage) || !strings.Contains(err.Error(), "ids 7, 8") && !strings.Contains(err.Error(), "ids 8, 7") || strings.Contains(err.Error(), "édard") {
		t.Errorf("of two: %v", err)
	}
	list, err := w.FindPeople(t.Context(), "Médard")
	if err != nil || len(list) != 3 || list[0].Name == "" || len(list[0].Flows) != 2 {
		t.Errorf("%+v, %v", list, err)
	}
	for _, who := range []string{"", "  ", "-", "nobody"} {
		if list, err := w.FindPeople(t.Context(), who); err != nil || list == nil || len(list) != 0 {
			t.Errorf("%q: %+v, %v", who, list, err)
		}
	}
}

// TestATimeLineThatCannotBeReadIsSaid where runs know their people.
func TestATimeLineThatCannotBeReadIsSaid(t *testing.T) {
	t.Parallel()
	w := history(t, true)
	for _, method := range []string{"FindPeople", "SaidOf", "Unindexed", "FindingsOfRow", "RowOf", "Runs"} {
		i := w.Inspector
		i.Store = broken{inspect.StoreOf(w.store), method}
		if _, err := i.Person(t.Context(), "7", 100); !errors.Is(err, errBroken) {
			t.Errorf("where %s fails: %v", method, err)
		}
		if _, _, err := inspect.PersonOf(t.Context(), i, 7, 100); !errors.Is(err, errBroken) {
			t.Errorf("where %s fails, by id: %v", method, err)
		}
	}
}
