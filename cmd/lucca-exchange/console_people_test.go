package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/bcrypt"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/web/api"
	"lucca-exchange/internal/web/browsertest"
)

// office is a daemon with people who sign in, each with their name as the password.
type office struct {
	*site
	base string
}

// newOffice serves two imports that hold each file: of pair two people approve, of solo one.
func newOffice(t *testing.T) *office {
	t.Helper()
	users := ""
	for _, name := range []string{"anna", "ben", "otto"} {
		hash, err := bcrypt.GenerateFromPassword([]byte(name), bcrypt.DefaultCost)
		if err != nil {
			t.Fatal(err)
		}
		role := "approver"
		if name == "otto" {
			role = "operator"
		}
		users += fmt.Sprintf("%s: {password_hash: %q, role: %s}, ", name, hash, role)
	}
	_, lucca := serve(t, company(time.Now()))
	o := &office{site: newSite(t, fmt.Sprintf(`
lucca: {url: %q, api_key: {env: LUCCA_API_KEY}}
remotes: {drop: {type: dir, dir: ./drop}}
flows:
  pair: {from: drop, pattern: "pair_*.csv", approvals: 2, import: {approval: always}}
  solo: {from: drop, pattern: "solo_*.csv", import: {approval: always}}
web: {listen: "127.0.0.1:0", users: {%s}}
`, lucca, strings.TrimSuffix(users, ", ")))}
	if err := os.Mkdir(o.path("drop"), 0o700); err != nil {
		t.Fatal(err)
	}
	return o
}

// open has the daemon serve, once the first runs are held.
func (o *office) open(t *testing.T) {
	t.Helper()
	o.base = "http://" + o.start(t).address
}

// hold has a flow hold a file in which somebody has another job.
func (o *office) hold(t *testing.T, flow, login, job string) string {
	t.Helper()
	writeFile(t, filepath.Join(o.path("drop"), flow+"_"+login+".csv"), fmt.Sprintf("login;jobTitle\n%s;%s\n", login, job))
	if out, complaints, code := o.do(t, "run", flow); code != 4 {
		t.Fatalf("run %s: exit code %d\n%s%s", flow, code, out, complaints)
	}
	runs := o.runs(t, flow)
	return runs[len(runs)-1].ID
}

// window is a browser of one person, who signed in.
func (o *office) window(t *testing.T, name, to string) *browsertest.Screen {
	t.Helper()
	v := browsertest.Open(t, o.base)
	v.Go("/signin?to=" + to)
	v.Do(chromedp.SendKeys(`#name`, name), chromedp.SendKeys(`#password`, name+"\r"), chromedp.WaitVisible(`header .who`))
	return v
}

// awaitText waits until a page says something.
func awaitText(v *browsertest.Screen, text string) {
	v.Do(chromedp.WaitVisible(fmt.Sprintf(`//main//*[contains(., %q)]`, text)))
}

// acts are what people did with a run, the oldest first.
func (o *office) acts(t *testing.T, id string) (acts []audit.Line) {
	t.Helper()
	out, complaints, code := o.do(t, "audit", "--json")
	if code != 0 {
		t.Fatal(complaints)
	}
	var all []audit.Line
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	for _, l := range slices.Backward(all) { // the newest come first
		if l.Run == id && l.Act != audit.Reveal && l.Act != audit.Run {
			acts = append(acts, l)
		}
	}
	return acts
}

// TestASecondPersonApprovesInABrowser what the first one saw, filtered and approved, with the
// keyboard alone: where the focus is is seen at each step, and nothing keeps it. The first cannot
// be the second, a page of before decides nothing, and each is on record.
func TestASecondPersonApprovesInABrowser(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	held := o.hold(t, "pair", "bea", "Cheffe")
	o.open(t)
	plan := "/runs/" + held + "/plan"

	old := o.window(t, "anna", plan) // stays as it is while she decides elsewhere
	old.Do(chromedp.WaitVisible(`button[value="approve"]`))
	first := o.window(t, "anna", "/")
	first.Do(chromedp.Click(`.notice.wait a[href="/runs/`+held+`"]`), chromedp.Click(`main a[href="`+plan+`"]`), chromedp.WaitVisible(`#action`))
	first.Do(chromedp.SetValue(`#action`, "update"), chromedp.SendKeys(`#q`, "bea"), chromedp.Click(`.filters button`), chromedp.WaitVisible(`tbody tr ins`))
	if at := first.Eval(`location.pathname + location.search`); at != plan {
		t.Errorf("what anna looks for is in the address %s", at)
	}
	first.Do(chromedp.SendKeys(`#note`, "seen with payroll"), chromedp.Click(`button[value="approve"]`))
	awaitText(first, "Your approval is on record")
	first.Check("the first approval")
	old.Do(chromedp.Click(`button[value="approve"]`))
	awaitText(old, "You have approved this already")
	first.Go(plan) // is looked at while ben decides
	if offers := first.Eval(`String(document.querySelectorAll('button[value="approve"]').length)`); offers != "0" {
		t.Error("whoever has approved is asked again")
	}

	second := browsertest.Open(t, o.base)
	second.Go(plan)
	second.Do(chromedp.WaitVisible(`#name`))
	second.Tab("#name")
	second.Press("ben")
	second.Tab("#password")
	second.Press("ben\r")
	second.Do(chromedp.WaitVisible(`#note`))
	second.Tab(`a.skip`)
	second.Tab(`nav a[href="/runs"]`)
	second.Tab("#action")
	second.Tab("#q")
	second.Tab("#note")
	second.Press("I have seen it too")
	second.Tab(`button[value="approve"]`)
	second.Press("\r")
	second.Do(chromedp.WaitVisible(`h1 .tag.done`))
	if r := o.ended(t, second); r.ID != held || r.Changes.Update != 1 {
		t.Errorf("approved twice, it is %+v", r)
	}
	second.Quiet()

	first.Do(chromedp.Click(`button[value="reject"]`))
	awaitText(first, "Somebody decided already")
	want := []string{"anna approve: seen with payroll", "anna refused: approve: approved it before", "ben approve: I have seen it too", "anna refused: reject: not held"}
	var got []string
	for _, a := range o.acts(t, held) {
		got = append(got, fmt.Sprintf("%s %s: %s", a.Who, a.Act, a.Note))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("on record (-want +got):\n%s", diff)
	}
}

// TestWhatIsWrongIsSaidInABrowser, with what to do, and nothing is half done: two who decide at once,
// a page of another plan, a session that ended, a file that is too large, and who may not.
func TestWhatIsWrongIsSaidInABrowser(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	one, other := o.hold(t, "solo", "bea", "Cheffe"), o.hold(t, "pair", "cyd", "Cheffe")
	o.open(t)
	plan := "/runs/" + one + "/plan"
	anna, ben := o.window(t, "anna", plan), o.window(t, "ben", plan)

	// A plan that is not the one of the page.
	anna.Go("/runs/" + other + "/plan")
	anna.Do(chromedp.WaitVisible(`#note`))
	anna.Eval(`(() => { document.querySelector('input[name="hash"]').value = "0".repeat(64); return ""; })()`)
	anna.Do(chromedp.Click(`button[value="approve"]`))
	awaitText(anna, "What is held now is not what the page showed")
	anna.Check("another plan")

	// Two at once.
	anna.Go(plan)
	anna.Do(chromedp.WaitVisible(`#note`))
	at := make(chan string, 2)
	for _, v := range []*browsertest.Screen{anna, ben} {
		go func() {
			at <- v.Eval(`fetch(document.querySelector('form[action$="/decision"]').action, {method: "POST", headers: {"Content-Type": "application/x-www-form-urlencoded"},
				body: "decision=approve&hash=" + document.querySelector('input[name="hash"]').value}).then(async r => r.status + " " + /decided already|Nothing was done/.test(await r.text()))`)
		}()
	}
	if a, b := <-at, <-at; a+b != "200 false409 true" && b+a != "200 false409 true" {
		t.Errorf("two at once are told %q and %q", a, b)
	}
	anna.Go("/runs/" + one)
	if r := o.ended(t, anna); r.Outcome != run.Done || r.Changes.Update != 1 {
		t.Errorf("approved by two at once, it is %+v", r)
	}
	approved := 0
	for _, a := range o.acts(t, one) {
		if a.Act == audit.Approve {
			approved++
		}
	}
	if approved != 1 {
		t.Errorf("%d approvals are on record", approved)
	}

	// A file that is too large.
	large := filepath.Join(t.TempDir(), "large.csv")
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, 200<<20); err != nil {
		t.Fatal(err)
	}
	anna.Go("/files/new")
	anna.Do(chromedp.SetUploadFiles(`#file`, []string{large}), chromedp.Click(`form[enctype] button`))
	awaitText(anna, "What you sent is too large")
	awaitText(anna, "32 MB at most")
	if out, _, _ := o.do(t, "audit"); !strings.Contains(out, "upload: too large") {
		t.Errorf("the file is not on record:\n%s", out)
	}

	// A session that ended while the page was looked at.
	ben.Go("/runs/" + other + "/plan")
	ben.Do(chromedp.WaitVisible(`#note`))
	ben.Eval(`fetch("/signout", {method: "POST"}).then(() => "")`)
	ben.Do(chromedp.Click(`button[value="approve"]`))
	awaitText(ben, "Your session has ended, and nothing was done")
	ben.Check("a session that ended")
	ben.Do(chromedp.SendKeys(`#name`, "ben"), chromedp.SendKeys(`#password`, "ben\r"), chromedp.WaitVisible(`main a[href="/runs/`+other+`/plan"]`))
	if acts := o.acts(t, other); len(acts) != 1 || acts[0].Act != audit.Refused || acts[0].Note != "approve: another plan or file" {
		t.Errorf("on record is %+v", acts)
	}

	// Somebody who may not.
	otto := o.window(t, "otto", "/runs/"+other+"/plan")
	if otto.Eval(`String(document.querySelectorAll('button[value="approve"]').length + document.body.textContent.split("Cheffe").length - 1)`) != "0" {
		t.Error("an operator sees values, or a way to decide")
	}
	otto.Eval(`(() => { const f = document.createElement("form"); f.method = "post"; f.action = "/runs/` + other + `/decision"; document.body.append(f); f.submit(); return ""; })()`)
	awaitText(otto, "Your role does not allow that")
	if acts := o.acts(t, other); len(acts) != 2 || acts[1].Who != "otto" || acts[1].Note != "reject: forbidden" {
		t.Errorf("on record is %+v", acts)
	}
}

// TestAPlanIsTheSameEverywhere: plan RUN, runs show RUN --plan, the API and the page say the same of
// what is held, and of what was applied.
func TestAPlanIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	held := o.hold(t, "solo", "bea", "Cheffe")
	o.open(t)
	for _, outcome := range []run.Outcome{run.Held, run.Done} {
		if outcome == run.Done {
			if out, complaints, code := o.do(t, "approve", held, "--yes"); code != 0 {
				t.Fatalf("approve: %d\n%s%s", code, out, complaints)
			}
		}
		var kept, shown inspect.PlanView
		for args, v := range map[string]*inspect.PlanView{"plan --json " + held: &kept, "runs show --plan --json " + held[len(held)-6:]: &shown} {
			out, complaints, code := o.do(t, strings.Fields(args)...)
			if err := json.Unmarshal([]byte(out), v); err != nil || code != 0 {
				t.Fatalf("%s: %d %v\n%s%s", args, code, err, out, complaints)
			}
		}
		if diff := cmp.Diff(kept, shown); diff != "" || kept.Outcome != outcome || len(kept.Plan.Items) == 0 {
			t.Errorf("plan and runs show differ, or are not of a run that is %s: %+v\n%s", outcome, kept, diff)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.base+"/api/v1/runs/"+held+"/plan/search", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.SetBasicAuth("anna", "anna")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var page api.PlanPage
		err = json.NewDecoder(resp.Body).Decode(&page)
		_ = resp.Body.Close()
		if diff := cmp.Diff(kept.Plan, page.Plan); diff != "" || err != nil || page.Outcome != outcome {
			t.Errorf("the API says otherwise (-plan +API): %v\n%s", err, diff)
		}
		text, _, code := o.do(t, "plan", held)
		for _, want := range []string{"bea", "jobTitle: Chef; dit \"le Grand\" → Cheffe", kept.Plan.Hash, "update 1,", string(outcome)} {
			if code != 0 || !strings.Contains(text, want) {
				t.Errorf("plan RUN lacks %s:\n%s", want, text)
			}
		}
		if again, _, _ := o.do(t, "runs", "show", held, "--plan"); again != text {
			t.Errorf("runs show --plan says otherwise:\n%s", again)
		}
		v := o.window(t, "anna", "/runs/"+held+"/plan")
		if got := v.Eval(`document.querySelector("tbody td:nth-child(3) bdi").textContent + " " + document.querySelector("tbody ins").textContent + " " + document.querySelector("h1 ~ p.soft .mono").textContent.slice(0, 16)`); got != "Bea Bellefond Cheffe "+kept.Plan.Hash[:16] {
			t.Errorf("the page says %s", got)
		}
	}
	if _, complaints, code := o.do(t, "plan", held, "--out", "x.json"); code != 2 || !strings.Contains(complaints, "is a run") {
		t.Errorf("--out of a run: %d %s", code, complaints)
	}
}
