package console_test

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// axe is axe-core, which tells what of a page somebody cannot use (https://github.com/dequelabs/axe-core).
//
//go:embed testdata/axe-4.14.1.min.js
var axe string

// screen is a real browser's window.
type screen struct {
	t   *testing.T
	ctx context.Context
	url string

	mu sync.Mutex
	// said is what the browser's console was told.
	said []string
}

// openScreen starts Debian's chromium, of which one is enough for all windows of a test.
func openScreen(t *testing.T, s *site) *screen {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no chromium, which CI has to have")
		}
		t.Skip("no chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox)
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, closeWindow := chromedp.NewContext(allocator)
	t.Cleanup(closeWindow)
	v := &screen{t: t, ctx: ctx, url: s.URL}
	err = chromedp.Listen(ctx, func(event any) {
		v.mu.Lock()
		defer v.mu.Unlock()
		switch e := event.(type) {
		case *runtime.EventConsoleAPICalled:
			for _, a := range e.Args {
				v.said = append(v.said, a.Description+string(a.Value))
			}
		case *runtime.EventExceptionThrown:
			v.said = append(v.said, e.ExceptionDetails.Text)
		case *cdplog.EventEntryAdded:
			if strings.Contains(e.Entry.URL, "no-such-page") {
				return // that it is not there is what was asked for
			}
			v.said = append(v.said, e.Entry.Text+" "+e.Entry.URL)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	v.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, cdplog.Enable, cdp.Empty{})
		return err
	}))
	return v
}

func (v *screen) do(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	if err := chromedp.Do(v.ctx, steps...); err != nil {
		v.t.Fatal(err)
	}
}

// eval returns what a script says of the page.
func (v *screen) eval(script string) string {
	v.t.Helper()
	said, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise))
	if err != nil {
		v.t.Fatal(err)
	}
	return said
}

// as signs somebody in, with the keyboard alone.
func (v *screen) as(name string) {
	v.t.Helper()
	v.do(
		chromedp.Navigate(v.url+"/signin?to=/me"),
		chromedp.SendKeys("#name", name), chromedp.SendKeys("#password", name+"\r"),
		chromedp.WaitVisible(`select[name="theme"]`),
	)
}

// look sets how wide the window is, and whether it is dark.
func (v *screen) look(width int64, dark bool) {
	v.t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	v.do(
		chromedp.EmulateViewport(width, 900),
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			})
			return err
		}),
	)
}

// violation is what axe finds.
type violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML           string `json:"html"`
		FailureSummary string `json:"failureSummary"`
	} `json:"nodes"`
}

// check asks axe about the page that is open.
func (v *screen) check(what string) {
	v.t.Helper()
	v.eval(axe + `; "loaded"`)
	raw := v.eval(`axe.run(document, {resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations))`)
	var found []violation
	if err := json.Unmarshal([]byte(raw), &found); err != nil {
		v.t.Fatal(err)
	}
	for _, f := range found {
		for _, n := range f.Nodes {
			v.t.Errorf("%s: %s: %s\n%s\n%s", what, f.ID, f.Help, n.HTML, n.FailureSummary)
		}
	}
}

// fits fails when the page is wider than the window.
func (v *screen) fits(what string) {
	v.t.Helper()
	over := v.eval(`(() => { const w = document.documentElement.clientWidth;
		if (document.documentElement.scrollWidth <= w) return "";
		return [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > w + 1 && !e.closest(".scroll")).slice(0, 3).map(e => e.outerHTML.slice(0, 200)).join("\n") || "the page"; })()`)
	if over != "" {
		v.t.Errorf("%s: wider than the window: %s", what, over)
	}
}

// keep writes a picture of the page to where $SCREENSHOTS says, for a look.
func (v *screen) keep(name string) {
	v.t.Helper()
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(v.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		v.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o600); err != nil {
		v.t.Fatal(err)
	}
}

// quiet fails when the browser's console was told anything: a fault, or a breach of the policy.
func (v *screen) quiet() {
	v.t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.said) > 0 {
		v.t.Errorf("the console says %s", strings.Join(v.said, "\n"))
	}
}

// TestEveryPageCanBeUsed by everybody, at the width of a phone and of a desk, light and dark:
// axe finds nothing, nothing is wider than the window, and the console stays empty.
func TestEveryPageCanBeUsed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := openScreen(t, s)
	v.do(chromedp.Navigate(v.url + "/signin"))
	v.check("/signin")
	v.keep("signin")
	v.as("adam")
	v.do(chromedp.Navigate(v.url+"/check"), chromedp.Click(`form[action="/check"] button`), chromedp.WaitVisible(`.tag.failed`))
	for name, path := range s.pages() {
		for _, width := range []int64{320, 768, 1440} {
			for _, dark := range []bool{false, true} {
				what := fmt.Sprintf("%s at %d, dark %t", path, width, dark)
				v.look(width, dark)
				v.do(chromedp.Navigate(v.url + path))
				v.fits(what)
				if width != 768 {
					v.check(what)
					v.keep(fmt.Sprintf("%s-%d-%t", name, width, dark))
				}
			}
		}
	}
	v.quiet()
}

// TestLongWordsFitAPhone: in a language in which every word is twice as long as in German, with
// all that can be opened open, nothing is wider than a phone.
func TestLongWordsFitAPhone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	v := openScreen(t, s)
	v.as("adam")
	v.eval(`(() => { const s = document.querySelector('select[name="language"]'); s.value = "de"; s.form.requestSubmit(); return ""; })()`)
	v.do(chromedp.WaitVisible(`html[lang="de"] select[name="language"]`))
	v.look(320, false)
	for name, path := range s.pages() {
		v.do(chromedp.Navigate(v.url + path))
		if language := v.eval(`document.documentElement.lang`); language != "de" {
			t.Fatalf("%s is in %q", path, language)
		}
		v.eval(`(() => {
			for (const d of document.querySelectorAll("details")) d.open = true;
			const all = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
			for (let n; n = all.nextNode();)
				if (!n.parentElement.closest("script, style, option")) n.data = n.data.replace(/\p{L}{4,15}/gu, w => w + w.toLowerCase());
			return "";
		})()`)
		v.fits(path + " with long words")
		v.keep("long-" + name)
	}
	v.quiet()
}
