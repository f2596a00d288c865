package console_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web/browsertest"
)

// screen is a browser in which a site is open.
type screen struct {
	*browsertest.Screen
	t    *testing.T
	site *site
}

func openScreen(t *testing.T, s *site) *screen {
	t.Helper()
	return &screen{browsertest.Open(t, s.URL), t, s}
}

// as signs somebody in, with the keyboard alone.
func (v *screen) as(name string) {
	v.t.Helper()
	v.Do(
		chromedp.Navigate(v.site.URL+"/signin?to=/me"),
		chromedp.SendKeys("#name", name), chromedp.SendKeys("#password", name+"\r"),
		chromedp.WaitVisible(`select[name="theme"]`),
	)
}

// TestEveryPageCanBeUsed by everybody, at the width of a phone, a tablet and a desk, light and dark:
// axe finds nothing, the keyboard leads to everything, nothing is wider than the window, and the console
// stays empty.
func TestEveryPageCanBeUsed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	pages := s.pages()
	maps.Copy(pages, s.signedIn(t, "adam").madePages())
	names := slices.Sorted(maps.Keys(pages))
	const windows = 2
	for n := range windows {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			v := openScreen(t, s)
			v.Go("/signin")
			v.everyLook("/signin", "signin")
			v.as("adam")
			for at, name := range names {
				if at%windows == n {
					v.Go(pages[name])
					v.everyLook(pages[name], name)
				}
			}
			v.Quiet()
		})
	}
}

// everyLook checks the page that is open at each width, light and dark.
func (v *screen) everyLook(path, name string) {
	v.t.Helper()
	for _, width := range []int64{320, 768, 1440} {
		for _, dark := range []bool{false, true} {
			what := fmt.Sprintf("%s at %d, dark %t", path, width, dark)
			v.Look(width, dark)
			v.Fits(what)
			v.Check(what)
			v.Keyboard(what)
			v.Keep(fmt.Sprintf("%s-%d-%t", name, width, dark))
		}
	}
}

// TestLongWordsFitAPhone: in a language in which every word is twice as long as in German, with
// all that can be opened open, nothing is wider than a phone.
func TestLongWordsFitAPhone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := openScreen(t, s)
	v.as("adam")
	v.Eval(`(() => { const s = document.querySelector('select[name="language"]'); s.value = "de"; s.form.requestSubmit(); return ""; })()`)
	v.Do(chromedp.WaitVisible(`html[lang="de"] select[name="language"]`))
	v.Look(320, false)
	pages := s.pages()
	maps.Copy(pages, s.signedIn(t, "adam").madePages())
	for name, path := range pages {
		v.Go(path)
		if language := v.Eval(`document.documentElement.lang`); language != "de" {
			t.Fatalf("%s is in %q", path, language)
		}
		v.Eval(`(() => {
			for (const d of document.querySelectorAll("details")) d.open = true;
			const all = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
			for (let n; n = all.nextNode();)
				if (!n.parentElement.closest("script, style, option")) n.data = n.data.replace(/\p{L}{4,15}/gu, w => w + w.toLowerCase());
			return "";
		})()`)
		v.Fits(path + " with long words")
		v.Keep("long-" + name)
	}
	v.Quiet()
}

// TestACutTextIsSeen: what TestLongWordsFitAPhone relies on sees a text that is wider than a phone, and one
// that is cut at the edge of what it is in.
func TestACutTextIsSeen(t *testing.T) {
	t.Parallel()
	v := openScreen(t, emptySite(t))
	v.Look(320, false)
	for fault, styles := range map[string]string{
		"too wide":  `whiteSpace: "nowrap", overflow: "visible"`,
		"cut off":   `whiteSpace: "nowrap", overflow: "hidden", textOverflow: "ellipsis"`,
		"cut below": `overflow: "hidden", height: "1em"`,
	} {
		v.Go("/signin")
		if cut := v.Cut(); cut != "" {
			t.Fatalf("a page that is as it should be is cut: %s", cut)
		}
		v.Eval(`(() => { const e = document.querySelector("h1"); e.textContent = "Anmeldeverfahrensbeschreibung ".repeat(5); Object.assign(e.style, {` + styles + `}); return ""; })()`)
		if v.Cut() == "" {
			t.Errorf("a text that is %s is not seen", fault)
		}
	}
}

// TestARunAtWorkLooksAgainByItself, with JavaScript and without, says so to the browser's console
// never, and keeps what somebody is typing.
func TestARunAtWorkLooksAgainByItself(t *testing.T) {
	t.Parallel()
	for _, plain := range []bool{false, true} {
		s := newSite(t)
		v := openScreen(t, s)
		v.as("adam")
		at := time.Now().UTC()
		working := state.Record{Run: run.Run{ID: run.NewID(at), Flow: "payroll", Kind: run.Import, StartedAt: at}}
		if _, err := s.store.Runs().Begin(t.Context(), working); err != nil {
			t.Fatal(err)
		}
		v.WithoutScripts(plain)
		v.Go("/runs/" + working.ID)
		v.Do(chromedp.WaitVisible(`[role="status"]`))
		if !plain {
			v.Check("a run at work")
			v.Do(chromedp.SendKeys(`#why`, "wrong file"))
			looks := s.looks.Load()
			for s.looks.Load() < looks+2 { // go test ends a test that hangs
				v.Do(chromedp.WaitVisible(`#why`))
			}
			if typed := v.Eval(`document.querySelector("#why").value`); typed != "wrong file" {
				t.Errorf("what was typed is now %q", typed)
			}
		}
		working.Outcome, working.FinishedAt = run.Done, time.Now()
		if err := s.store.Runs().Finish(t.Context(), working); err != nil {
			t.Fatal(err)
		}
		v.Do(chromedp.WaitVisible(`h1 .tag.done`))
		v.Quiet()
	}
}

// TestEmptyPagesSayWhatTheyAreFor: before the first run each page says that there is nothing yet, and no
// table is empty.
func TestEmptyPagesSayWhatTheyAreFor(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	v := openScreen(t, s)
	v.as("adam")
	for name, want := range map[string][2]string{
		"overview": {"/", "Nothing waits for you."}, "runs": {"/runs", "No run yet"}, "flow": {"/flows/payroll", "never"}, "hires": {"/hires", "No candidate has come yet."},
		"people": {"/people", "Name, login, e-mail"}, "newfile": {"/files/new", "The file is checked"}, "check": {"/check", "They were not tried yet"}, "audit": {"/audit?act=approve", "There is no such line."},
		"filtered": {"/runs?outcome=failed", "There is no such run."},
	} {
		v.Look(320, false)
		v.Go(want[0])
		if text := v.Eval(`document.querySelector("main").innerText`); !strings.Contains(text, want[1]) {
			t.Errorf("%s does not say %q: %s", want[0], want[1], text)
		}
		if empty := v.Eval(`String([...document.querySelectorAll("tbody, ul, ol, select")].filter(e => !e.children.length).length)`); empty != "0" {
			t.Errorf("%s has %s empty lists", want[0], empty)
		}
		v.Check(want[0] + " when empty")
		v.Keep("empty-" + name)
	}
	v.Quiet()
}
