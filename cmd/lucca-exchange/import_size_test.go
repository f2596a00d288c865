package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// mostMemory is the largest resident set that a file within the default caps may cost, in
// bytes.
const mostMemory = 300_000_000

// newColumns are those of a file that creates people.
const newColumns = "login;firstName;lastName;mail;legalEntity;department;rolePrincipal;dtContractStart"

// TestNoFileWithinTheCapsKillsTheProgram imports files that were made to cost as much memory or
// time as they can: each ends in order, within a bound of memory.
func TestNoFileWithinTheCapsKillsTheProgram(t *testing.T) {
	t.Parallel()
	program := shipped(t)
	_, url := serve(t, company(time.Now()))
	for _, tt := range []struct {
		name    string
		file    func(b *strings.Builder)
		outcome run.Outcome
		// reject is how many rows are rejected; said is in the reason.
		reject int
		said   string
	}{
		{"200,000 rows with five bad cells each", func(b *strings.Builder) {
			b.WriteString("login;birthDate;gender;mail;culture;dtContractStart;department;legalEntity\n")
			for i := range 199_999 {
				fmt.Fprintf(b, "user%d;32/13/1990;X;no;xx;31/31;Nowhere;Acme Lyon\n", i)
			}
		}, run.Held, 199_999, "rows are rejected"},
		{"200,000 times one person", func(b *strings.Builder) {
			b.WriteString(newColumns + ";manager;jobTitle\n")
			for i := range 199_999 {
				fmt.Fprintf(b, "same;Ana;Same;same@acme.example;Acme Lyon;Conseil;Utilisateur;01/01/2030;Ana Same;%d\n", i)
			}
		}, run.Held, 199_999, "rows are rejected"},
		{"200,000 new people of one name under an ambiguous manager", func(b *strings.Builder) {
			b.WriteString(newColumns + ";manager\n")
			for i := range 199_999 {
				fmt.Fprintf(b, "user%d;Ana;Same;user%d@acme.example;Acme Lyon;Conseil;Utilisateur;01/01/2030;Ana Same\n", i, i)
			}
		}, run.Held, 199_999, "rows are rejected"},
		{"100,000 new people in one chain of managers", func(b *strings.Builder) {
			b.WriteString(newColumns + ";manager\n")
			for i := range 100_000 {
				fmt.Fprintf(b, "user%d;Ana;Name%d;user%d@acme.example;Acme Lyon;Conseil;Utilisateur;01/01/2030;user%d\n", i, i, i, i+1)
			}
			b.WriteString("user100000;Ana;Last;last@acme.example;Acme Lyon;Conseil;Utilisateur;01/01/2030;\n")
		}, run.Held, 0, "people would be created"},
		{"200,000 new people", func(b *strings.Builder) {
			b.WriteString(newColumns + ";manager\n")
			for i := range 199_999 {
				fmt.Fprintf(b, "user%d;Ana;Name%d;user%d@acme.example;Acme Lyon;Conseil;Utilisateur;01/01/2030;ada\n", i, i, i)
			}
		}, run.Held, 0, "people would be created"},
		{"100,000 new people under a chain whose first row is bad", func(b *strings.Builder) {
			b.WriteString(newColumns + ";manager\n")
			b.WriteString("user0;Ana;First;no;Acme Lyon;Conseil;Utilisateur;01/01/2030;\n")
			for i := 1; i < 100_000; i++ {
				fmt.Fprintf(b, "user%d;Ana;Name%d;user%d@acme.example;Acme Lyon;Conseil;Utilisateur;01/01/2030;user%d\n", i, i, i, i-1)
			}
		}, run.Held, 100_000, "rows are rejected"},
		{"500 columns with one cell in each row", func(b *strings.Builder) {
			b.WriteString("login")
			for i := range 499 {
				fmt.Fprintf(b, ";e_%d", i)
			}
			for i := range 9_000 {
				fmt.Fprintf(b, "\nuser%d%s", i, strings.Repeat(";", 499))
			}
			b.WriteString("\n")
		}, run.Held, 9_000, "rows are rejected"},
		{"10,000 columns", func(b *strings.Builder) {
			b.WriteString("login")
			for i := range 9_999 {
				fmt.Fprintf(b, ";e_%d", i)
			}
			b.WriteString("\n")
		}, run.Failed, 0, "more than 500 cells"},
		{"millions of empty lines", func(b *strings.Builder) {
			b.WriteString("login\n" + strings.Repeat("\n", 40<<20))
		}, run.Failed, 0, "more than 200000 rows"},
		{"as many cells as there may be", func(b *strings.Builder) {
			b.WriteString("login")
			for i := range 19 {
				fmt.Fprintf(b, ";e_%d", i)
			}
			for i := range 199_999 {
				fmt.Fprintf(b, "\nuser%d%s", i, strings.Repeat(";x", 19))
			}
			b.WriteString("\n")
		}, run.Held, 199_999, "rows are rejected"},
		{"more cells than there may be", func(b *strings.Builder) {
			b.WriteString("login")
			for i := range 499 {
				fmt.Fprintf(b, ";e_%d", i)
			}
			for range 100_000 {
				b.WriteString("\nx" + strings.Repeat(";", 499))
			}
		}, run.Failed, 0, "cells"},
		{"cells as long as they may be", func(b *strings.Builder) {
			b.WriteString("login;jobTitle\n")
			long := strings.Repeat("x", 32<<10-1)
			for i := range 1500 {
				fmt.Fprintf(b, "user%d;%s\n", i, long)
			}
		}, run.Held, 1500, "rows are rejected"},
	} {
		t.Run(tt.name, func(t *testing.T) { // one after the other, for the sake of the machine
			in := imports(t, program, url)
			var file strings.Builder
			tt.file(&file)
			in.drop(t, "users.csv", file.String())
			started := time.Now()
			record, _, peak := in.measured(t)
			t.Logf("%d MB, %s, %d bytes", peak/1e6, time.Since(started).Round(time.Millisecond), file.Len())
			if record.Outcome != tt.outcome || !strings.Contains(record.Reason, tt.said) {
				t.Errorf("%s: %s", record.Outcome, record.Reason)
			}
			if tt.reject > 0 && (record.Changes == nil || record.Changes.Reject != tt.reject) {
				t.Errorf("changes: %+v, want %d rejected", record.Changes, tt.reject)
			}
			if peak > mostMemory {
				t.Errorf("%d MB, more than %d", peak/1e6, int(mostMemory/1e6))
			}
			if tt.reject > 0 {
				in.rejected(t, record, tt.reject)
			}
		})
	}
}

// peakCommand is the name by which this test program runs another one and tells its largest
// resident set, in bytes, on the file of descriptor 3. A process of this program's own size
// would be told to have had that much, since its memory is this one's when it begins.
const peakCommand = "peak-of-a-program"

func tellPeak() {
	cmd := exec.Command(os.Args[1], os.Args[2:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	err := cmd.Run()
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		fmt.Fprint(os.NewFile(3, "peak"), usage.Maxrss<<10)
	}
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(cmd.ProcessState.ExitCode())
}

// measured runs the flow and returns the largest resident set too, in bytes.
func (in installation) measured(t testing.TB) (record state.Record, code int, peak int64) {
	t.Helper()
	told, err := os.Create(filepath.Join(t.TempDir(), "peak"))
	if err != nil {
		t.Fatal(err)
	}
	defer told.Close()
	program := in.program
	in.program = peakCommand
	cmd := in.command(t, program, "run", "users", "--json")
	cmd.ExtraFiles = []*os.File{told}
	record, code = in.finished(t, cmd)
	text, err := os.ReadFile(told.Name())
	if err != nil {
		t.Fatal(err)
	}
	if peak, err = strconv.ParseInt(string(text), 10, 64); err != nil {
		t.Fatal(err)
	}
	return record, code, peak
}

// rejected checks that each rejected row is in the file of them, with its reason.
func (in installation) rejected(t testing.TB, record state.Record, want int) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(in.dir, "state", "spool", record.ID, "rejected.csv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\r\n")
	if len(lines) != want+1 {
		t.Errorf("%d rejected rows, want %d", len(lines)-1, want)
	}
	for _, line := range lines[1:] {
		if strings.HasSuffix(line, ";") {
			t.Fatalf("no reason: %.200s", line)
		}
	}
}
