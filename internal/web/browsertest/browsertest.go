// Package browsertest is a real browser for tests of pages: chromium, which is told where to go and
// what to press, and axe-core, which tells what of a page somebody cannot use.
package browsertest

import (
	"context"
	_ "embed"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// axe is axe-core, which tells what of a page somebody cannot use (https://github.com/dequelabs/axe-core).
//
//go:embed testdata/axe-4.14.1.min.js
var axe string

// Screen is a real browser's window.
type Screen struct {
	t   testing.TB
	ctx context.Context
	url string

	mu sync.Mutex
	// said is what the browser's console was told.
	said []string
}

// hang is how long a test may look at pages: one that waits for what no page says any more ends then, and
// not with all others of its package.
const hang = 12 * time.Minute

// Open starts Debian's chromium, of which one is enough for all windows of a test.
func Open(t testing.TB, url string) *Screen {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no chromium, which CI has to have")
		}
		t.Skip("no chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox)
	bound, end := context.WithTimeout(t.Context(), hang)
	t.Cleanup(end)
	allocator, stop := chromedp.NewExecAllocator(bound, options...)
	t.Cleanup(stop)
	ctx, closeWindow := chromedp.NewContext(allocator)
	t.Cleanup(closeWindow)
	v := &Screen{t: t, ctx: ctx, url: url}
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
	v.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, cdplog.Enable, cdp.Empty{})
		return err
	}))
	return v
}

// Do performs steps in the browser; one that fails ends the test.
func (v *Screen) Do(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	if err := chromedp.Do(v.ctx, steps...); err != nil {
		v.t.Fatal(err)
	}
}

// Eval returns what a script says of the page.
func (v *Screen) Eval(script string) string {
	v.t.Helper()
	said, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise))
	if err != nil {
		v.t.Fatal(err)
	}
	return said
}

// Look sets how wide the window is, and whether it is dark.
func (v *Screen) Look(width int64, dark bool) {
	v.t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	v.Do(
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

// Check asks axe about the page that is open.
func (v *Screen) Check(what string) {
	v.t.Helper()
	if v.Eval(`typeof window.axe`) == "undefined" { // once a page is enough, whatever its width
		v.Eval(axe + `; "loaded"`)
	}
	raw := v.Eval(`axe.run(document, {resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations))`)
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

// Fits fails when the page is wider than the window, or a text of it is cut.
func (v *Screen) Fits(what string) {
	v.t.Helper()
	if cut := v.Cut(); cut != "" {
		v.t.Errorf("%s: wider than the window, or cut: %s", what, cut)
	}
}

// Cut is what of the page nobody can read whole: what is wider than the window, and texts that end at the
// edge of what they are in. It is empty for nothing.
func (v *Screen) Cut() string {
	v.t.Helper()
	return v.Eval(`(() => {
		const w = document.documentElement.clientWidth, hides = o => o === "hidden" || o === "clip";
		const wide = document.documentElement.scrollWidth > w;
		const cut = [...document.querySelectorAll("body *")].filter(e => {
			if (!e.checkVisibility() || e.closest("svg") || e.matches("input, select, option, textarea")) return false;
			const style = getComputedStyle(e);
			if (wide && e.getBoundingClientRect().right > w + 1 && !e.closest(".scroll")) return true;
			return e.clientWidth > 1 && e.innerText.trim() !== "" && // one pixel is for those who hear the page
				(hides(style.overflowX) && e.scrollWidth > e.clientWidth + 1 || hides(style.overflowY) && e.scrollHeight > e.clientHeight + 1);
		});
		return cut.slice(0, 3).map(e => e.outerHTML.slice(0, 200)).join("\n") || (wide ? "the page" : "");
	})()`)
}

// Tab goes on with the keyboard alone to what a selector names. What has the focus on the way has to
// be seen, and nothing may keep it.
func (v *Screen) Tab(selector string) {
	v.t.Helper()
	quoted, err := json.Marshal(selector)
	if err != nil {
		v.t.Fatal(err)
	}
	for rounds := 0; rounds < 2; {
		v.Do(chromedp.KeyEvent(kb.Tab))
		switch said := v.Eval(`(() => {
			const e = document.activeElement;
			if (!e || e === document.body) return "round";
			const style = getComputedStyle(e), box = e.getBoundingClientRect();
			const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 && box.width > 0 && box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight;
			return seen ? (e.matches(` + string(quoted) + `) ? "here" : "on") : "unseen: " + e.outerHTML.slice(0, 200);
		})()`); said {
		case "here":
			return
		case "round":
			rounds++
		case "on":
		default:
			v.t.Errorf("on the way to %s nobody sees where the focus is: %s", selector, said)
		}
	}
	v.t.Fatalf("the keyboard does not lead to %s", selector)
}

// Keyboard fails unless the page that is open can be used by it: first comes the way past the header,
// everything that can be pressed takes the focus in the order in which it stands, and shows that it has it.
func (v *Screen) Keyboard(what string) {
	v.t.Helper()
	v.Eval(`document.querySelector(".skip").focus(), ""`)
	v.Press(kb.Tab) // from then on the browser shows where the focus is
	said := v.Eval(`(() => {
		const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")].filter(e => e.checkVisibility());
		const wrong = [...document.querySelectorAll("[tabindex]")].filter(e => e.tabIndex > 0).map(e => "out of order: " + e.outerHTML);
		const skip = all[0], target = skip && document.querySelector(skip.getAttribute("href"));
		if (!skip.matches(".skip") || !target || target.tabIndex !== -1) wrong.push("no way past the header");
		for (const e of all) {
			e.focus();
			const style = getComputedStyle(e), box = e.getBoundingClientRect();
			if (document.activeElement !== e || style.outlineStyle === "none" || !parseFloat(style.outlineWidth) || !box.width || box.right <= 0 || box.left >= innerWidth) wrong.push("unseen: " + e.outerHTML);
		}
		document.activeElement.blur();
		scrollTo(0, 0);
		return wrong.slice(0, 3).map(s => s.slice(0, 200)).join("\n");
	})()`)
	if said != "" {
		v.t.Errorf("%s by keyboard: %s", what, said)
	}
}

// Press presses keys where the focus is.
func (v *Screen) Press(keys string) {
	v.t.Helper()
	v.Do(chromedp.KeyEvent(keys))
}

// Keep writes a picture of the page to where $SCREENSHOTS says, for a look.
func (v *Screen) Keep(name string) {
	v.t.Helper()
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(v.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		v.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o600); err != nil { //nolint:gosec // the folder is the tester's own
		v.t.Fatal(err)
	}
}

// Quiet fails when the browser's console was told anything: a fault, or a breach of the policy.
func (v *Screen) Quiet() {
	v.t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.said) > 0 {
		v.t.Errorf("the console says %s", strings.Join(v.said, "\n"))
	}
}

// Go opens the page at an address of the site.
func (v *Screen) Go(address string) {
	v.t.Helper()
	v.Do(chromedp.Navigate(v.url + address))
}

// WithoutScripts has pages work without JavaScript from now on, or with it again.
func (v *Screen) WithoutScripts(off bool) {
	v.t.Helper()
	v.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: off})
		return err
	}))
}
