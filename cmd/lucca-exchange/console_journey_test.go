package main

import (
	"bufio"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/web/browsertest"
)

// TestAStrangerDoesEverythingWithTheLinkOfTheDemo: in a real browser, without JavaScript, with
// nothing but what demo --serve prints. What is held is looked at and approved with a note, a file
// is brought, mended and applied, a candidate linked, a file sent again, and a person found.
func TestAStrangerDoesEverythingWithTheLinkOfTheDemo(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	link, file := s.demo(t)
	base, _, _ := strings.Cut(link, "/signin")
	v := browsertest.Open(t, base)
	v.WithoutScripts(true)
	v.Go(strings.TrimPrefix(link, base))

	// The held import.
	v.Do(chromedp.Click(`.notice.wait a[href^="/runs/"]`), chromedp.Click(`main a[href$="/plan"]`), chromedp.WaitVisible(`#action`))
	v.Keep("journey-plan")
	v.Do(chromedp.SetValue(`#action`, "end"), chromedp.Click(`.filters button`), chromedp.WaitVisible(`tbody .tag.failed`))
	v.Do(chromedp.SendKeys(`#note`, "seen with payroll"), chromedp.Click(`button[value="approve"]`), chromedp.WaitVisible(`dl.facts`))
	held := s.ended(t, v)
	if held.Outcome != run.Done && held.Outcome != run.Rejections {
		t.Errorf("the approved run is %s: %s", held.Outcome, held.Reason)
	}

	// The file with a faulty cell.
	v.Do(chromedp.Click(`nav a[href="/files/new"]`), chromedp.SetUploadFiles(`#file`, []string{file}), chromedp.Click(`form[enctype] button`))
	v.Do(chromedp.WaitVisible(`td.red input[name^="cell_"]`))
	v.Keep("journey-draft")
	if name := v.Eval(`document.querySelector("table.stack:not(.grid):not(.limits) tbody td:nth-child(3) bdi").textContent`); !strings.Contains(name, " ") {
		t.Errorf("whom the file is about is called %q, and not by name", name)
	}
	v.Do(chromedp.SendKeys(`td.red input[name^="cell_"]`, kb.End+strings.Repeat(kb.Backspace, 20)), chromedp.Click(`form[action$="/cells"] button`))
	v.Do(chromedp.WaitVisible(`//p[contains(., "was mended here")]`))
	if left := v.Eval(`String(document.querySelectorAll("td.red").length)`); left != "0" {
		t.Errorf("%s cells are still wrong", left)
	}
	v.Do(chromedp.Click(`button[formaction$="/run"]`), chromedp.WaitVisible(`dl.facts`))
	if r := s.ended(t, v); r.Outcome != run.Done || r.Flow != "payroll-users" || r.Rows.Rejected != 0 {
		t.Errorf("the file that was mended: %s %s", r.Outcome, r.Reason)
	}

	// The candidate.
	v.Do(chromedp.Click(`nav a[href="/hires"]`), chromedp.Click(`section details summary`), chromedp.SendKeys(`input[name="employee"]`, kb.End+strings.Repeat(kb.Backspace, 9)+"101"))
	v.Do(chromedp.Click(`button[value="link"]`), chromedp.WaitVisible(`//table//span[text()="linked"]`))

	// A file that was sent.
	v.Do(chromedp.Click(`header a[href="/"]`), chromedp.Click(`a[href="/flows/skillup-nightly"]`), chromedp.Click(`a[href$="/resend"]`))
	v.Do(chromedp.Click(`form button.main`), chromedp.WaitVisible(`dl.facts`))
	if r := s.ended(t, v); r.Outcome != run.Done && r.Outcome != run.Rejections || r.Flow != "skillup-nightly" {
		t.Errorf("sent again: %s %s", r.Outcome, r.Reason)
	}

	// Somebody.
	v.Do(chromedp.Click(`nav a[href="/people"]`), chromedp.SendKeys(`#q`, "tournemire solene\r"), chromedp.WaitVisible(`main ol li.card`))
	if at := v.Eval(`location.href`); strings.Contains(strings.ToLower(at), "tournemire") || !strings.Contains(at, "/people/") {
		t.Errorf("somebody is found at %s", at)
	}
	v.WithoutScripts(false)
	v.Check("people")
	v.Quiet()
}

// ended is the run whose page is open, once it has ended.
func (s *site) ended(t *testing.T, v *browsertest.Screen) (r run.Run) {
	t.Helper()
	v.Do(chromedp.WaitVisible(`h1 .tag.done, h1 .tag.rejections, h1 .tag.failed, h1 .tag.nothing, h1 .tag.canceled, h1 .tag.rejected`))
	id := regexp.MustCompile(`/runs/([0-9a-f-]+)`).FindStringSubmatch(v.Eval(`location.pathname`))
	for _, one := range s.runs(t) {
		if id != nil && one.ID == id[1] {
			r = one.Run
			return r
		}
	}
	t.Fatalf("no run's page is open, but %s", v.Eval(`location.pathname`))
	return r
}

// demo serves the demo, and returns the link that it prints and the path of the file to bring.
func (s *site) demo(t *testing.T) (link, file string) {
	t.Helper()
	cmd := s.command(t, "demo", "--serve", "--dir", s.path("demo"))
	s.state = "sqlite:" + s.path("demo/state/exchange.db")
	said, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	find := regexp.MustCompile(`(http://\S+/signin/link/\S+)|bring: (\S+)`)
	for lines := bufio.NewScanner(said); lines.Scan(); {
		found := find.FindStringSubmatch(lines.Text())
		switch {
		case found == nil:
		case found[2] != "":
			file = found[2]
		default:
			go func() { _, _ = io.Copy(io.Discard, said) }()
			return found[1], file
		}
	}
	t.Fatal("the demo printed no link")
	return "", ""
}
