package api_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"

	"lucca-exchange/internal/acts"
	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/draft"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/finding"
	flowpkg "lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/hires"
	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/hire/generic"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/plan"
	folder "lucca-exchange/internal/remote/dir"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web/api"
	"lucca-exchange/internal/web/auth"
)

// site is the API on a real state, with the acts of the daemon. Only what a run does to the
// world is not there: a run that is released is done.
type site struct {
	*httptest.Server
	store  *state.Store
	queue  *state.Queue
	config *config.Config
	plan   *plan.Plan

	mu sync.Mutex
	// released are the runs that were released, each once for every time.
	released []string
}

// tb is what tests and the steps of rapid share.
type tb interface {
	Helper()
	Fatal(args ...any)
	Errorf(format string, args ...any)
}

const flows = `
  pair: {import: {mode: delta}, from: drop, pattern: "pair_*.csv", approvals: 2}
  payroll: {import: {mode: delta}, from: drop, pattern: "users_*.csv"}
  ats: {hires: {source: generic, defaults: {rolePrincipal: User, culture: fr-FR}}, from: drop, pattern: "hires_*.json"}
  skillup: {export: {profile: skillup}, to: drop, file: "skillup_{date}.csv", schedule: "0 3 * * *"}
`

func newSite(t *testing.T) *site {
	t.Helper()
	dir := t.TempDir()
	path, key := filepath.Join(dir, "lucca-exchange.yaml"), filepath.Join(dir, "key")
	check(t, os.WriteFile(key, []byte("secret"), 0o600))
	text := `lucca: {url: "https://acme.ilucca.net", api_key: {file: ` + key + `}}
remotes:
  drop: {type: dir, dir: ` + dir + `}
flows:` + flows
	check(t, os.WriteFile(path, []byte(text), 0o600))
	c, faults := config.Load(path, config.Registry{
		Transports: []config.Transport{config.NewTransport("dir", folder.Config{}, folder.New)},
		Sources:    []config.Source{config.NewSource("generic", generic.Config{}, generic.New)},
	})
	if c == nil {
		t.Fatal(faults)
	}
	store, err := state.Open(context.Background(), "sqlite:"+filepath.Join(dir, "exchange.db"))
	check(t, err)
	s := &site{store: store, config: c, plan: &plan.Plan{Items: []plan.Item{
		{Row: 2, Action: plan.Update, EmployeeID: 7, Login: "claire.martin", Set: plan.SetOf(map[string]plan.Change{"jobTitle": {From: "Comptable", To: secretValue}})},
		{Row: 3, Action: plan.End, EmployeeID: 8, Login: "paul.kern"},
	}}}
	s.queue, err = state.NewQueue(store, state.QueueOptions{Flows: []state.Flow{
		{Name: "pair", Kind: run.Import}, {Name: "payroll", Kind: run.Import}, {Name: "ats", Kind: run.Hires}, {Name: "skillup", Kind: run.Export},
	}})
	check(t, err)
	accounts, err := auth.New(auth.Config{}, store.Accounts())
	check(t, err)
	drafts := draft.Options{
		Logger: slog.New(slog.DiscardHandler), Background: func(ctx context.Context, work func(context.Context)) { work(context.WithoutCancel(ctx)) },
		Instance: func() draft.Instance {
			return draft.Instance{Config: c, Run: s.rehearse, Store: store.Drafts(), Record: store.Audit().Append}
		},
	}
	s.Server = httptest.NewServer(api.New(api.Options{
		Accounts: accounts, Logger: slog.New(slog.DiscardHandler), Inspector: s.inspector, Audit: store.Audit, Acts: s,
		Drafts: draft.NewDesk(drafts), DryRuns: draft.NewDryRuns(drafts),
	}).Handler())
	t.Cleanup(func() { s.Close(); check(t, store.Close()) })
	return s
}

// secretValue is somebody's.
const secretValue = "Directrice-des-secrets"

func check(t tb, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *site) inspector() inspect.Inspector {
	return inspect.Inspector{
		Config: s.config, Store: inspect.StoreOf(s.store), Acts: s.store.Audit().Of,
		Queue: func(context.Context) (map[string]inspect.Queue, error) { return nil, nil },
		Plan: func(state.PlanRecord, bool) (inspect.Plan, error) {
			return inspect.Plan{Plan: s.plan, People: make([]explain.Person, len(s.plan.Items))}, nil
		},
		Event: func(h state.Hire) (hire.Event, error) {
			stored, err := hires.Decode(h)
			return stored.Event, err
		},
	}
}

func (s *site) acts() acts.Acts {
	return acts.Acts{Config: s.config, Store: s.store, Logger: slog.New(slog.DiscardHandler), Inspector: s.inspector(), Runs: runs{s}}
}

func (s *site) CarryOut(ctx context.Context, record state.Record) (flowpkg.Report, error) {
	s.mu.Lock()
	s.released = append(s.released, record.ID)
	s.mu.Unlock()
	record.Outcome, record.FinishedAt = run.Done, time.Now()
	return flowpkg.Report{Run: record}, s.store.Runs().Finish(ctx, record)
}

// runs does the work of runs: what it would do to the world is left out.
type runs struct{ *site }

func (runs) Resendable(context.Context, state.Record) error { return nil }

func (r runs) Resend(ctx context.Context, record, _ state.Record) (flowpkg.Report, error) {
	return r.CarryOut(ctx, record)
}

// Employs knows those with an id of three digits.
func (s *site) Employs(_ context.Context, _ string, employee int) (bool, error) {
	return employee > 99 && employee < 1000, nil
}

func (s *site) Inbox(string) inbox.Inbox {
	return inbox.Inbox{Journal: s.store.Pickups().PickupJournal(), Known: inbox.StoreOf(s.store)}
}

func (s *site) Approve(ctx context.Context, id string, by audit.Entry) error {
	_, err := s.acts().Approve(ctx, id, by)
	return err
}

func (s *site) Reject(ctx context.Context, id string, by audit.Entry) error {
	_, err := s.acts().Reject(ctx, id, by)
	return err
}

func (s *site) Start(ctx context.Context, r state.Request) (string, error) {
	return s.queue.Request(ctx, r)
}

func (s *site) Cancel(ctx context.Context, id string, by audit.Entry) error {
	_, err := s.acts().Cancel(ctx, id, by)
	return err
}

func (s *site) Pause(ctx context.Context, flow string, until time.Time, by audit.Entry) error {
	return s.acts().Pause(ctx, flow, until, by)
}

func (s *site) Resume(ctx context.Context, flow string, by audit.Entry) error {
	return s.acts().Resume(ctx, flow, by)
}

func (s *site) DecideHire(ctx context.Context, d inspect.HireDecision) (inspect.Hire, error) {
	return acts.DecideHire(ctx, s.acts(), d)
}

func (s *site) Resend(ctx context.Context, id string, by audit.Entry) (string, error) {
	record, of, err := s.acts().BeginResend(ctx, id, by)
	if err == nil {
		_, err = runs{s}.Resend(ctx, record, of)
	}
	return record.ID, err
}

func (s *site) Download(ctx context.Context, id string, kind inspect.KeptKind, by audit.Entry) (inspect.KeptFile, error) {
	return s.acts().Download(ctx, id, kind, by)
}

// rehearse looks at a file, of which a cell that is a question mark is wrong, or has it run: then it
// is held, with the file's own hash.
func (s *site) rehearse(ctx context.Context, flow string, q flowpkg.Request) (report flowpkg.Report, err error) {
	content := []byte("login;mail\nada;x\n")
	if q.File != "" {
		if content, err = os.ReadFile(q.File); err != nil {
			return report, err
		}
	}
	sum := sha256.Sum256(content)
	r := state.Record{Run: run.Run{ID: run.NewID(time.Now()), Flow: flow, Kind: run.Import, StartedAt: time.Now(), FinishedAt: time.Now()}}
	r.Outcome, r.Changes = run.Done, &run.Changes{Update: 1, Reject: 1}
	if row, _, ok := strings.Cut(string(content), "?"); ok {
		n := 1 + strings.Count(row, "\n")
		r.Findings = []finding.Finding{{Severity: finding.Error, Code: "bad_mail", Row: n, Column: "mail", Cell: "B" + strconv.Itoa(n), Message: "this is no address"}}
	}
	report = flowpkg.Report{Run: r, Plan: s.plan}
	if q.DryRun {
		if q.Only != "" {
			report.Only = []explain.Explanation{{}}
		}
		return report, nil
	}
	by := q.By
	by.Flow, by.Run = flow, r.ID
	if _, err := s.store.Runs().Begin(ctx, r, by); err != nil {
		return report, err
	}
	hash := hex.EncodeToString(sum[:])
	if err := s.store.Plans().SavePlan(ctx, state.PlanRecord{Run: r.ID, Flow: flow, Hash: hash}); err != nil {
		return report, err
	}
	report.Run.Outcome, report.Run.Reason = run.Held, "ends: 3 of 40"
	return report, s.store.Runs().Finish(ctx, report.Run)
}

// token is one that somebody made.
func (s *site) token(t tb, name, maker string, role auth.Role, flows ...string) string {
	t.Helper()
	token, text := auth.NewToken(name, auth.Grant{Role: role, Flows: flows}, time.Now().Add(time.Hour))
	token.Maker = maker
	check(t, s.store.Accounts().CreateToken(context.Background(), token, audit.Entry{At: time.Now(), Who: maker, Act: audit.CreateToken}))
	return text
}

// hold is a held run of a flow with a plan of a hash.
func (s *site) hold(t tb, flow, hash string) string {
	t.Helper()
	ctx, at := context.Background(), time.Now()
	r := state.Record{Run: run.Run{ID: run.NewID(at), Flow: flow, Kind: run.Import, StartedAt: at}}
	_, err := s.store.Runs().Begin(ctx, r)
	check(t, err)
	check(t, s.store.Plans().SavePlan(ctx, state.PlanRecord{Run: r.ID, Flow: flow, Hash: hash}))
	r.Outcome, r.Reason, r.FinishedAt = run.Held, "ends: 3 of 40", at.Add(time.Second)
	r.Findings = []finding.Finding{{Severity: finding.Error, Code: "unknown_manager", Row: 2, Column: "manager", Cell: "H2", Message: "no employee with this number"}}
	check(t, s.store.Runs().Finish(ctx, r))
	return r.ID
}

// sent is a run of the export that arrived, with the file in the spool.
func (s *site) sent(t tb) string {
	t.Helper()
	ctx, at := context.Background(), time.Now()
	r := state.Record{Run: run.Run{ID: run.NewID(at), Flow: "skillup", Kind: run.Export, StartedAt: at}}
	_, err := s.store.Runs().Begin(ctx, r)
	check(t, err)
	r.Outcome, r.FinishedAt, r.File = run.Done, at.Add(time.Second), &run.File{Name: "users.csv", Bytes: 7, SHA256: "c0ffee"}
	check(t, s.store.Runs().Finish(ctx, r))
	check(t, os.MkdirAll(filepath.Join(s.config.Spool, r.ID), 0o700))
	check(t, os.WriteFile(filepath.Join(s.config.Spool, r.ID, "users.csv"), []byte("a;b\n1;2"), 0o600))
	return r.ID
}

// contract sends requests and holds each, and its answer, against the document.
type contract struct {
	*site
	validator validator.Validator
	// seen are the operations that were tried, by method and path.
	seen map[string]bool
}

func newContract(t tb, s *site) *contract {
	t.Helper()
	doc, err := libopenapi.NewDocument(document(t))
	check(t, err)
	v, errs := validator.NewValidator(doc)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return &contract{site: s, validator: v, seen: make(map[string]bool)}
}

func document(t tb) []byte {
	t.Helper()
	text, err := api.Document()
	check(t, err)
	return text
}

// ask sends a request, and returns the status and the answer.
func (s *site) ask(t tb, token, method, path string, in any) (*http.Request, *http.Response, []byte) {
	t.Helper()
	sent, file := in.([]byte)
	if in != nil && !file {
		var err error
		sent, err = json.Marshal(in)
		check(t, err)
	}
	r, err := http.NewRequestWithContext(context.Background(), method, s.URL+api.Root+path, bytes.NewReader(sent))
	check(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	switch {
	case file:
		r.Header.Set("Content-Type", "application/octet-stream")
	case in != nil:
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := s.Client().Do(r)
	check(t, err)
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	check(t, err)
	r.Body, resp.Body = io.NopCloser(bytes.NewReader(sent)), io.NopCloser(bytes.NewReader(got))
	return r, resp, got
}

// try is ask for a request that is as the document wants it, whose answer has to be as well.
func (c *contract) try(t tb, token, method, path string, in any, status int) string {
	t.Helper()
	r, resp, got := c.ask(t, token, method, path, in)
	if resp.StatusCode != status {
		t.Errorf("%s %s: %d, want %d: %s", method, path, resp.StatusCode, status, got)
	}
	if ok, faults := c.validator.ValidateHttpRequestResponse(r, resp); !ok {
		for _, f := range faults {
			t.Errorf("%s %s: %s: %s %v\n%s", method, path, f.Message, f.Reason, f.SchemaValidationErrors, got)
		}
	}
	c.seen[method+" "+strings.SplitN(path, "?", 2)[0]] = true
	return string(got)
}
