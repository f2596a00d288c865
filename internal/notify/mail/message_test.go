package mail

import (
	"bytes"
	"flag"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/message"
	"lucca-exchange/internal/notify"
	"lucca-exchange/internal/run"
)

var update = flag.Bool("update", false, "write the golden files")

// TestMailReadsAsAgreed holds the whole of each mail, headers and all.
func TestMailReadsAsAgreed(t *testing.T) {
	t.Parallel()
	paris := time.FixedZone("CET", 3600)
	at := time.Date(2026, 11, 22, 6, 0, 3, 0, paris)
	summary := notify.Findings{Errors: 11, Warnings: 2, First: []string{
		"error D6 unknown_department: no department has this name: create it in Lucca or correct the cell",
		"error F9 bad_date: want DD/MM/YYYY",
	}}
	told := notify.Event{
		Kind: notify.Held, Flow: "paie", Run: "01JD8", Outcome: "held", Reason: "12 of 120 rows are rejected; the first run of a flow waits for approval",
		Rows: run.Rows{Read: 1200, Rejected: 12}, Approve: "lucca-exchange approve 01JD8\nlucca-exchange reject 01JD8", Expires: at.AddDate(0, 0, 7),
		Findings: notify.Findings{Errors: 12, Warnings: 1, First: []string{
			"error D6 unknown_department: department \"Abteilung\" is no department in Lucca; did you mean \"Support\"?",
			"warning - blank_rows: blank rows were left out, 3 in all, this one first",
		}},
		Page: "https://exchange.acme.example/runs/01JD8/plan",
	}
	for name, m := range map[string]notify.Message{
		"held.fr": {Event: told, Language: message.French},
		"held.de": {Event: told, Language: message.German},
		"failed":  {Event: notify.Event{Kind: notify.Failed, Flow: "skillup-nightly", Run: "01JD7", Outcome: "failed", Reason: `connect to "sftp.skillup.example": host key changed`}},
		"held": {Event: notify.Event{
			Kind: notify.Held, Flow: "payroll-users", Run: "01JD8", Outcome: "held", Reason: "ends: 12 of 100 employees, over the limit of 5%",
			Rows: run.Rows{Read: 120, Rejected: 2}, Approve: "lucca-exchange approve 01JD8\nlucca-exchange reject 01JD8", Expires: at.AddDate(0, 0, 7),
			Page: "https://exchange.acme.example/runs/01JD8/plan",
		}},
		"rejections": {Event: notify.Event{Kind: notify.Rejections, Flow: "acme/payroll-users", Run: "01JD9", Outcome: "rejections", Reason: "11 rows rejected", Rows: run.Rows{Read: 120, Sent: 109, Rejected: 11}, Findings: summary}},
		"missing":    {Event: notify.Event{Kind: notify.Missing, Flow: "entrées-paie", Reason: "no file by 07:00"}},
		"recovered":  {Event: notify.Event{Kind: notify.Done, Flow: "skillup-nightly", Run: "01JDA", Outcome: "done", Rows: run.Rows{Read: 98, Sent: 98}}, Earlier: notify.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m.At, m.Machine = at, "exchange-1"
			sender := &Mailer{email: Config{From: "robot@acme.example"}, host: "exchange-1"}
			letter, err := sender.compose(m, "hr@acme.example", "ID")
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if _, err := letter.WriteTo(&got); err != nil {
				t.Fatal(err)
			}
			checkGolden(t, name+".eml", bytes.ReplaceAll(got.Bytes(), []byte("\r\n"), []byte("\n")))
		})
	}
}

// TestOnlyOurAddressIsALink: a reason may quote what a server says, markup and addresses included.
func TestOnlyOurAddressIsALink(t *testing.T) {
	t.Parallel()
	const page = "https://exchange.acme.example/runs/01JD7"
	m := notify.Message{Event: notify.Event{
		Kind: notify.Failed, Flow: "f", Run: "01JD7", Page: page,
		Reason: `<a href="https://evil.example/">see</a> ` + page + ` https://evil.example/`,
	}}
	got, err := asHTML(m)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(got, "<a "); n != 1 || !strings.Contains(got, `In a browser: <a href="`+page+`">`+page+`</a>`) {
		t.Errorf("%d links:\n%s", n, got)
	}
	m.Page = ""
	if got, err = asHTML(m); err != nil || strings.Contains(got, "<a ") || strings.Contains(got, "In a browser") {
		t.Errorf("%v:\n%s", err, got)
	}
}

// TestWordsFromOutsideAreTextInAMail: what a file or a server says adds no header and no markup, in
// either part of a mail.
func TestWordsFromOutsideAreTextInAMail(t *testing.T) {
	t.Parallel()
	for name, words := range map[string]string{
		"markup": `<script>alert(1)</script>"onload=x`, "bidi": "users\u202ecsv.exe", "4 kB": strings.Repeat("Zoé ", 1024),
		"formula": `=HYPERLINK("https://evil.example";"x")`, "lines": "a\r\nBcc: evil@evil.example\r\n\r\n<b>b</b>\x1b[2J",
	} {
		m := notify.Message{At: time.Now(), Machine: "exchange-1", Event: notify.Event{
			Kind: notify.Rejections, Flow: "paie", Run: "01JD8", Reason: words, Findings: notify.Findings{Errors: 1, First: []string{"error D6 x: " + words}},
		}}
		letter, err := (&Mailer{email: Config{From: "robot@acme.example"}, host: "exchange-1"}).compose(m, "hr@acme.example", "ID")
		if err != nil {
			t.Fatal(err)
		}
		var sent bytes.Buffer
		if _, err := letter.WriteTo(&sent); err != nil {
			t.Fatal(err)
		}
		parsed, err := mail.ReadMessage(&sent)
		if err != nil {
			t.Fatal(err)
		}
		if parsed.Header.Get("Bcc") != "" || parsed.Header.Get("To") != "<hr@acme.example>" || len(parsed.Header["Subject"]) != 1 {
			t.Errorf("%s: the headers are %v", name, parsed.Header)
		}
		page, err := asHTML(m)
		if err != nil || strings.Contains(page, "<script") || strings.Contains(page, "<b>") || strings.Contains(page, "<a ") {
			t.Errorf("%s is markup: %v\n%s", name, err, page)
		}
		for part, text := range map[string]string{"text": m.Text(), "HTML": page} {
			if strings.ContainsAny(text, "\x1b\u202e") {
				t.Errorf("%s: the %s has signs that do something: %.300q", name, part, text)
			}
		}
	}
}

func checkGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
