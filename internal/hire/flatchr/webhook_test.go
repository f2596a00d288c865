package flatchr

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"lucca-exchange/internal/hire"
	"lucca-exchange/testdata"
)

var update = flag.Bool("update", false, "rewrite the wanted events in testdata")

// arrival is when the webhooks of the tests arrive.
var arrival = time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC)

func paris(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// reader is that of a customer whose column list was read, with one contract type.
func reader(t testing.TB) Reader {
	return Reader{Zone: paris(t), ContractTypes: map[string]string{"1": "CDI"}}
}

// TestWebhooks decodes each body in testdata/*.txtar and compares the event, or the
// error.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			r := reader(t)
			if i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "columns" }); i >= 0 {
				r.Targets.Configured = strings.Split(strings.TrimSpace(string(archive.Files[i].Data)), "\n")
			}
			if i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "known.json" }); i >= 0 {
				if err := json.Unmarshal(archive.Files[i].Data, &r.Targets.Known); err != nil {
					t.Fatal(err)
				}
			}
			got := decoded(t, r, part(t, archive, "body.json"))
			want := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
			if *update {
				archive.Files[want].Data = got
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if !bytes.Equal(got, archive.Files[want].Data) {
				t.Errorf("got\n%s\nwant\n%s", got, archive.Files[want].Data)
			}
		})
	}
}

// part is a file of an archive, or the one of testdata that the archive names in its place.
func part(t testing.TB, archive *txtar.Archive, name string) []byte {
	t.Helper()
	if first := archive.Files[0]; first.Name == "body of testdata" && name == "body.json" {
		return testdata.Bytes(strings.TrimSpace(string(first.Data)))
	}
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == name })
	if i < 0 {
		t.Fatalf("no file %s", name)
	}
	return archive.Files[i].Data
}

// decoded is the event as JSON, or the error.
func decoded(t *testing.T, r Reader, body []byte) []byte {
	t.Helper()
	e, err := r.Webhook(body, arrival)
	if err != nil {
		return []byte(err.Error() + "\n")
	}
	text, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

// TestHostileBodies checks that none has an effect and that no error repeats the body.
func TestHostileBodies(t *testing.T) {
	t.Parallel()
	good := `{"event":"drag_applicant","data":{"applicant_id":1,"column":{"id":1,"hired":true},"candidate":{"lastname":"canary"}}}`
	for name, body := range map[string]string{
		"empty":                 "",
		"not JSON":              "event=drag_applicant&name=canary",
		"JavaScript literal":    "{event: 'drag_applicant', data: {canary: 1}}",
		"a web page":            "<html>canary",
		"cut":                   good[:len(good)-2],
		"trailing data":         good + good,
		"trailing text":         good + "canary",
		"key twice":             `{"event":"canary","event":"drag_applicant","data":{}}`,
		"deep list":             strings.Repeat("[", 100_000),
		"deep object":           strings.Repeat(`{"data":`, 10_000) + "1" + strings.Repeat("}", 10_000),
		"huge":                  `{"event":"drag_applicant","data":"` + strings.Repeat("canary", 1<<18) + `"}`,
		"not UTF-8":             "{\"event\":\"drag_applicant\xff\"}",
		"list":                  `[` + good + `]`,
		"text":                  `"canary"`,
		"null":                  `null`,
		"event is an object":    `{"event":{"canary":1},"data":{}}`,
		"data is a list":        `{"event":"drag_applicant","data":["canary"]}`,
		"data is missing":       `{"event":"drag_applicant"}`,
		"column is missing":     `{"event":"drag_applicant","data":{"candidate":{"lastname":"canary"}}}`,
		"column is a list":      `{"event":"drag_applicant","data":{"column":["canary"]}}`,
		"candidate is a number": `{"event":"drag_applicant","data":{"applicant_id":1,"column":{"id":1,"hired":true},"candidate":7}}`,
		"name is an object":     `{"event":"drag_applicant","data":{"applicant_id":1,"column":{"id":1,"hired":true},"candidate":{"lastname":{"canary":1}}}}`,
		"mail is a list":        `{"event":"drag_applicant","data":{"applicant_id":1,"column":{"id":1,"hired":true},"candidate":{"email":["canary"]}}}`,
		"no applicant id":       `{"event":"drag_applicant","data":{"column":{"id":1,"hired":true},"candidate":{"lastname":"canary"}}}`,
		"applicant id is a map": `{"event":"drag_applicant","data":{"applicant_id":{"a":1},"column":{"id":1,"hired":true},"candidate":{}}}`,
		"a name of 2 kB":        `{"event":"drag_applicant","data":{"applicant_id":1,"column":{"id":1,"hired":true},"candidate":{"lastname":"` + strings.Repeat("c", 2000) + `"}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := reader(t).Webhook([]byte(body), arrival)
			if !errors.Is(err, hire.ErrBody) {
				t.Fatalf("got %v, want ErrBody", err)
			}
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("the error repeats the body: %v", err)
			}
		})
	}
}

func TestColumnsThatMeanHired(t *testing.T) {
	t.Parallel()
	known := []Column{{ID: "enc1", Title: "Embauché", Hired: true}, {ID: "enc2", Title: "Refusé"}, {ID: "700", Title: "Onboarding"}}
	yes, no := truth{true, true}, truth{false, true}
	for _, tt := range []struct {
		name         string
		targets      Targets
		place        place
		hired, known bool
	}{
		{"Flatchr's flag", Targets{}, place{ids: []string{"1"}, title: "Recruté", hired: yes}, true, true},
		{"the flag, whatever the title", Targets{}, place{title: "Hired!", hired: yes}, true, true},
		{"the title alone is no flag", Targets{}, place{title: "Recruté", hired: no}, false, true},
		{"only a number, nothing known", Targets{}, place{ids: []string{"643"}}, false, false},
		{"only a number, the list knows its encoded form", Targets{Known: known}, place{ids: []string{"643", "enc1"}}, true, true},
		{"only a number, the list says no", Targets{Known: known}, place{ids: []string{"643", "enc2"}}, false, true},
		{"only a number, not in the list", Targets{Known: known}, place{ids: []string{"643"}}, false, false},
		{"another target, by title", Targets{Configured: []string{" onboarding"}}, place{ids: []string{"1"}, title: "Onboarding", hired: no}, true, true},
		{"another target: the flag no longer counts", Targets{Configured: []string{"Onboarding"}}, place{ids: []string{"1"}, title: "Recruté", hired: yes}, false, true},
		{"another target, by number", Targets{Configured: []string{"643"}}, place{ids: []string{"643", "x"}}, true, true},
		{"another target, by encoded id", Targets{Configured: []string{"enc9"}}, place{ids: []string{"643", "enc9"}}, true, true},
		{"another target by title, only a number came", Targets{Configured: []string{"Onboarding"}}, place{ids: []string{"700"}}, false, false},
		{"another target by title, the list has the number", Targets{Configured: []string{"Onboarding"}, Known: known}, place{ids: []string{"700"}}, true, true},
	} {
		if hired, known := tt.targets.hired(tt.place); hired != tt.hired || known != tt.known {
			t.Errorf("%s: hired %v known %v, want %v %v", tt.name, hired, known, tt.hired, tt.known)
		}
	}
}

// FuzzWebhook checks that a body is refused or ignored without being repeated, or gives an
// event that can be stored.
func FuzzWebhook(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(part(f, archive, "body.json"))
	}
	f.Add([]byte(`{"event":"drag_applicant","data":{"applicant_id":9,"column":{"hired":"1"},"candidate":{},"vacancy":{"start_date":1767571200000}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := reader(t).Webhook(body, arrival)
		if err != nil {
			if !errors.Is(err, hire.ErrBody) && !errors.Is(err, hire.ErrIgnored) && !errors.Is(err, ErrColumnUnknown) {
				t.Fatalf("an error without a class: %v", err)
			}
			return
		}
		if e.ExternalID == "" || e.HiredAt.IsZero() || e.HiredAt.After(arrival) {
			t.Fatalf("an event without an id or a time: %+v", e)
		}
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var back hire.Event
		if err := json.Unmarshal(text, &back); err != nil || !back.SameHire(e) || back.LastName != e.LastName || back.ContractStart != e.ContractStart {
			t.Fatalf("the store gives back %+v, %v", back, err)
		}
	})
}
