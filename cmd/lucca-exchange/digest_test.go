package main

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestServeMailsTheDigest: whoever has one gets a mail of what ran since the last, with the counts in
// its subject and the anchor of the audit in it, once, and no names.
func TestServeMailsTheDigest(t *testing.T) {
	t.Parallel()
	_, lucca := serve(t, company(time.Now()))
	_, head := skillup(t, lucca)
	var mails told
	s := newSite(t, fmt.Sprintf(`%s%snotify:
  - {email: {to: [it@acme.example], from: lx@acme.example, smtp: {host: 127.0.0.1, port: %d, tls: none}}, digest: "* * * * *"}
`, head, exports(map[string]string{"nightly": leapDay}), mailbox(t, &mails)))
	if _, complaints, code := s.do(t, "run", "nightly"); code != 0 && code != 3 {
		t.Fatalf("run: exit code %d: %s", code, complaints)
	}
	d := s.start(t)
	eventually(t, "the daemon notes when the digest began", func() bool { return s.count(t, `SELECT COUNT(*) FROM notifications WHERE flow = '(digest)'`) == 1 })
	d.stop(t)
	if mails.all() != "" {
		t.Errorf("the first digest comes before it is due:\n%s", mails.all())
	}
	s.sql(t, `UPDATE notifications SET at = $1 WHERE flow = '(digest)'`, time.Now().Add(-25*time.Hour).UnixMicro())
	d = s.start(t)
	eventually(t, "the digest comes", func() bool { return strings.Contains(mails.all(), "audit verify --anchor") })
	d.stop(t)
	s.start(t).stop(t)
	mail := mails.all()
	if n := strings.Count(mail, "Subject: [lucca-exchange] 1 run"); n != 1 {
		t.Errorf("%d mails count the run in the subject, want 1:\n%s", n, mail)
	}
	if !strings.Contains(mail, "nightly: ") || strings.Contains(mail, "bea") {
		t.Errorf("the mail lacks the flow, or has a name:\n%s", mail)
	}
}

// count is a number that the state of a site answers with.
func (s *site) count(t testing.TB, query string) (n int) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+s.path("state/exchange.db")+"?_pragma=busy_timeout(15000)")
	if err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	return n
}
