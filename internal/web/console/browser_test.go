package console_test

import (
	"fmt"
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

// TestEveryPageCanBeUsed by everybody, at the width of a phone and of a desk, light and dark:
// axe finds nothing, nothing is wider than the window, and the console stays empty.
func TestEveryPageCanBeUsed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := openScreen(t, s)
	v.Go("/signin")
	v.Check("/signin")
	v.Keep("signin")
	v.as("adam")
	v.Do(chromedp.Navigate(s.URL+"/check"), chromedp.Click(`form[action="/check"] button`), chromedp.WaitVisible(`.tag.failed`))
	for name, path := range s.pages() {
		for _, width := range []int64{320, 768, 1440} {
			for _, dark := range []bool{false, true} {
				what := fmt.Sprintf("%s at %d, dark %t", path, width, dark)
				v.Look(width, dark)
				v.Go(path)
				v.Fits(what)
				if width != 768 {
					v.Check(what)
					v.Keep(fmt.Sprintf("%s-%d-%t", name, width, dark))
				}
			}
		}
	}
	v.Quiet()
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
	for name, path := range s.pages() {
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
