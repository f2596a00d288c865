package inspect_test

import (
	"encoding/json"
	"testing"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// TestDocuments pins the keys of what --json prints and the API answers: others script against
// them. A key may be added, and none be renamed.
func TestDocuments(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 21, 59, 0, 0, time.UTC)
	set := map[string]plan.DocumentChange{"mail": {From: "a", To: "b"}}
	value := "x"
	for _, tt := range []struct {
		name string
		of   any
		want string
	}{
		{"flow", inspect.FlowState{
			Name: "f", Kind: run.Import, Outcome: run.Held, Run: "r", LastRun: at, Reason: "why", Rows: run.Rows{Read: 1}, Next: at, Paused: &inspect.Paused{Since: at, Until: at, By: "os:me", Reason: "why"}, Overdue: at, Missed: 2, Held: 2,
			ToApprove: []inspect.HeldRun{{Run: "r", Since: at, Reason: "why"}}, Overtaken: []inspect.Overtaken{{Run: "a", By: "b", ToDo: "reject it"}},
			Running: "n", Waiting: []string{"m"}, Stuck: []inspect.StuckFile{{Name: "u.csv", Place: "in-progress/u.csv", Run: "x", Since: at}},
			Warnings: map[string]int{"same_name": 1}, Note: "look",
		}, `{"flow":"f","kind":"import","outcome":"held","run":"r","finished_at":"2026-11-22T21:59:00Z","reason":"why","rows":{"read":1,"sent":0,"rejected":0},` +
			`"next":"2026-11-22T21:59:00Z","paused":{"since":"2026-11-22T21:59:00Z","until":"2026-11-22T21:59:00Z","by":"os:me","reason":"why"},"overdue":"2026-11-22T21:59:00Z","missed":2,"held":2,"to_approve":[{"run":"r","since":"2026-11-22T21:59:00Z","reason":"why"}],` +
			`"overtaken":[{"run":"a","by":"b","to_do":"reject it"}],"running":"n","waiting":["m"],` +
			`"stuck":[{"name":"u.csv","place":"in-progress/u.csv","run":"x","since":"2026-11-22T21:59:00Z"}],"warnings":{"same_name":1},"note":"look"}`},
		{"row outcome", inspect.RowOutcome{Row: 2, Action: "update", EmployeeID: 7, Set: set, Step: "applied", Code: "c", Message: "m", At: at},
			`{"row":2,"action":"update","employee_id":7,"set":{"mail":{"from":"a","to":"b"}},"step":"applied","code":"c","message":"m","at":"2026-11-22T21:59:00Z"}`},
		{"detail", inspect.Detail{
			Record:   state.Record{Run: run.Run{ID: "r", Flow: "f", Kind: run.Export, StartedAt: at}},
			Steps:    []inspect.Step{{Code: inspect.StepDelivered, At: at, Name: "u.csv", Count: 3}},
			Causes:   []inspect.Cause{{Severity: finding.Error, Code: "date", Column: "end", Message: "m", Count: 2, Rows: []int{2, 3}}},
			Receipts: []inspect.Receipt{{Remote: "out", Name: "u.csv", Bytes: 7, SHA256: "c0", Address: "h:22", Protocol: "p", Key: "k", At: at}},
			Plan:     &inspect.KeptPlan{Hash: "h", Expires: at, State: state.PlanApplying}, Acts: []audit.Line{},
		}, `{"id":"r","flow":"f","kind":"export","started_at":"2026-11-22T21:59:00Z","steps":[{"code":"delivered","at":"2026-11-22T21:59:00Z","name":"u.csv","count":3}],` +
			`"causes":[{"severity":"error","code":"date","column":"end","message":"m","count":2,"rows":[2,3]}],` +
			`"receipts":[{"remote":"out","name":"u.csv","bytes":7,"sha256":"c0","address":"h:22","protocol":"p","key":"k","at":"2026-11-22T21:59:00Z"}],` +
			`"plan":{"hash":"h","expires_at":"2026-11-22T21:59:00Z","state":"applying"}}`},
		{"plan", inspect.PlanView{Run: "r", Outcome: run.Held, Plan: plan.Document{Hash: "h", Flow: "f"}, People: []explain.Person{{Item: 1, Login: "l", Mail: "m", Number: "n"}}, Expires: at},
			`{"run":"r","outcome":"held","plan":{"hash":"h","flow":"f","changes":{"create":0,"update":0,"end":0,"rehire":0,"unchanged":0,"reject":0},"limits":null,"items":null,"findings":null},` +
				`"people":[{"item":1,"login":"l","mail":"m","number":"n"}],"expires_at":"2026-11-22T21:59:00Z"}`},
		{"hire", inspect.Candidate{Hire: inspect.Hire{ID: "h", Flow: "f", Source: "s", State: "held", Reason: "why", Run: "r", EmployeeID: 7, Received: at, Updated: at, Name: "n"}, With: "r", JobTitle: "j"},
			`{"id":"h","flow":"f","source":"s","state":"held","reason":"why","run":"r","employee_id":7,"received_at":"2026-11-22T21:59:00Z","updated_at":"2026-11-22T21:59:00Z","name":"n","with":"r","job_title":"j"}`},
		{"person", inspect.Event{
			Explanation: explain.Explanation{Run: "r", Flow: "f", Outcome: run.Done, Employee: 7, Decision: export.Sent, Why: "in the file", Row: 2, Columns: []explain.Column{{Key: "k", Header: "h", Level: profile.Level("required"), From: []string{"mail"}, Value: &value}}},
			Kind:        run.Export, At: at, Since: at, Runs: 2,
		}, `{"run":"r","flow":"f","outcome":"done","employee_id":7,"decision":"sent","why":"in the file","row":2,"columns":[{"column":"k","header":"h","level":"required","from":["mail"],"value":"x"}],` +
			`"kind":"export","started_at":"2026-11-22T21:59:00Z","since":"2026-11-22T21:59:00Z","runs":2}`},
		{"difference", inspect.Difference{
			Flow: "f", Run: "r", Previous: "p", Joined: []export.Who{{ID: 1, Login: "l", Mail: "m"}}, Left: []export.Who{{ID: 2, Decision: export.Left}},
			JoinedCount: 1, LeftCount: 1, ByColumn: []export.ColumnDifference{{Column: "c", Header: "C", Changed: 1, Emptied: 1}},
			Changed: []export.Changed{{Who: export.Who{ID: 3}, Row: 4, Cells: []export.CellChange{{Column: "c", From: "a", To: "b"}}}}, ChangedCount: 1, Same: 5,
		}, `{"flow":"f","run":"r","previous":"p","joined":[{"employee_id":1,"login":"l","mail":"m"}],"left":[{"employee_id":2,"decision":"left"}],` +
			`"joined_count":1,"left_count":1,"changed":[{"employee_id":3,"row":4,"cells":[{"column":"c","from":"a","to":"b"}]}],"changed_count":1,"same":5,` +
			`"by_column":[{"column":"c","header":"C","changed":1,"emptied":1}]}`},
		{"register", inspect.Register{
			Processing: []inspect.Processing{{
				Flow: "f", Kind: run.Import, Lucca: "https://l", Leavers: true, Reads: []inspect.RegisterField{{Field: "mail", Columns: []string{"E-mail"}}}, Writes: []string{"login"}, AndFile: true,
				Categories: []inspect.DataCategory{inspect.Contact}, From: &inspect.RegisterParty{Remote: "in", Type: "sftp", Host: "h:22", Transit: inspect.BySSH, Wrapped: []string{"age"}}, Source: "ats", Approvals: 2, Approval: "first", Schedule: "0 6 * * *",
			}}, Retention: inspect.RegisterRetention{Files: "30d", Runs: "400d"}, Security: inspect.RegisterSecurity{State: "sqlite", Console: "tls", SignIn: []string{"oidc"}},
		}, `{"processing":[{"flow":"f","kind":"import","lucca":"https://l","leavers":true,"reads":[{"field":"mail","columns":["E-mail"]}],"writes":["login"],"and_columns_of_the_file":true,` +
			`"categories":["contact"],"from":{"remote":"in","type":"sftp","host":"h:22","transit":"ssh","wrapped":["age"]},"source":"ats","approvals":2,"approval":"first","schedule":"0 6 * * *"}],` +
			`"retention":{"files":"30d","runs":"400d"},"security":{"state":"sqlite","console":"tls","sign_in":["oidc"]}}`},
		{"need", inspect.Need{Code: inspect.NeedFile, Flow: "f", Run: "r", Hire: "h", File: "u.csv", Remote: "pdlf", EndsAt: at, Count: 2, Since: at, Because: "why"},
			`{"code":"file","flow":"f","run":"r","hire":"h","file":"u.csv","remote":"pdlf","ends_at":"2026-11-22T21:59:00Z","count":2,"since":"2026-11-22T21:59:00Z","because":"why"}`},
		{"probe", inspect.Probe{Name: "out", OK: true, Address: "a", Protocol: "p", Key: "k", Banner: "b", Message: "m", Warnings: []string{"w"}},
			`{"name":"out","ok":true,"address":"a","protocol":"p","key":"k","banner":"b","message":"m","warnings":["w"]}`},
	} {
		got, err := json.Marshal(tt.of)
		if err != nil || string(got) != tt.want {
			t.Errorf("%s is\n%s, %v\nwant\n%s", tt.name, got, err, tt.want)
		}
	}
}
