package audit_test

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lucca-exchange/internal/audit"
)

func all(lines []audit.Line) iter.Seq2[audit.Line, error] {
	return func(yield func(audit.Line, error) bool) {
		for _, l := range lines {
			if !yield(l, nil) {
				return
			}
		}
	}
}

// record is a chain of some acts.
func record(n int) []audit.Line {
	var lines []audit.Line
	var last audit.Line
	for i := range n {
		last = audit.Next(last, audit.Entry{
			At:  time.Date(2026, 11, 28, 8, i, 0, 1500, time.UTC),
			Who: "claire", Role: "approver", From: "192.0.2.7", Act: audit.Approve, Flow: "payroll",
			Run: fmt.Sprintf("20261128-08%02d00-7f3a2c", i), Hash: "c0ffee", Note: "checked with payroll",
		})
		lines = append(lines, last)
	}
	return lines
}

func TestWhatWasDoneToLinesIsFound(t *testing.T) {
	t.Parallel()
	whole := record(6)
	anchor := whole[5].Anchor()
	for _, tt := range []struct {
		name   string
		tamper func([]audit.Line) []audit.Line
		kept   []audit.Anchor
		want   string
	}{
		{name: "nothing", tamper: func(l []audit.Line) []audit.Line { return l }, kept: []audit.Anchor{anchor, whole[2].Anchor()}},
		{name: "another name", want: "line 3", tamper: func(l []audit.Line) []audit.Line { l[2].Who = "bob"; return l }},
		{name: "another time", want: "line 3", tamper: func(l []audit.Line) []audit.Line { l[2].At = l[2].At.Add(time.Second); return l }},
		{name: "a word moved from one field to the next", want: "line 3", tamper: func(l []audit.Line) []audit.Line {
			l[2].Who, l[2].Role = l[2].Who+l[2].Role, ""
			return l
		}},
		{name: "removed", want: "after line 2 comes line 4", tamper: func(l []audit.Line) []audit.Line { return slices.Delete(l, 2, 3) }},
		{name: "removed and renumbered", want: "line 3", tamper: func(l []audit.Line) []audit.Line {
			l = slices.Delete(l, 2, 3)
			for i := range l {
				l[i].Sequence = int64(i + 1)
			}
			return l
		}},
		{name: "exchanged", want: "after line 2 comes line 4", tamper: func(l []audit.Line) []audit.Line { l[2], l[3] = l[3], l[2]; return l }},
		{name: "written twice", want: "after line 3 comes line 3", tamper: func(l []audit.Line) []audit.Line { return slices.Insert(l, 3, l[2]) }},
		{name: "replaced, with a right sum", want: "line 4", tamper: func(l []audit.Line) []audit.Line {
			l[2] = audit.Next(l[1], audit.Entry{Who: "bob", Act: audit.Reject})
			return l
		}},
		{name: "the beginning gone", want: "lines before the first", tamper: func(l []audit.Line) []audit.Line { return l[2:] }},
		{name: "the end gone", want: "line 6", kept: []audit.Anchor{anchor}, tamper: func(l []audit.Line) []audit.Line { return l[:4] }},
		{name: "all gone", want: "line 6", kept: []audit.Anchor{anchor}, tamper: func([]audit.Line) []audit.Line { return nil }},
		{name: "a new chain", want: "line 6", kept: []audit.Anchor{anchor}, tamper: func([]audit.Line) []audit.Line {
			var l []audit.Line
			var last audit.Line
			for range 7 {
				last = audit.Next(last, audit.Entry{Who: "mallory", Act: audit.Run})
				l = append(l, last)
			}
			return l
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := audit.Verify(all(tt.tamper(slices.Clone(whole))), tt.kept...)
			if tt.want == "" {
				if err != nil || got != anchor {
					t.Fatalf("anchor %v, %v, want %v", got, err, anchor)
				}
				return
			}
			if !errors.Is(err, audit.ErrBroken) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("said %v, want %q", err, tt.want)
			}
		})
	}
}

// TestRetentionIsNoTampering: what was due to go is gone, and the line that removed it says so.
func TestRetentionIsNoTampering(t *testing.T) {
	t.Parallel()
	lines := record(6)
	removed := lines[2]
	lines = append(lines, audit.Next(lines[5], audit.Entry{Who: "daemon", From: "daemon", Act: audit.Purge, Hash: removed.Sum, Note: "3 lines"}))
	if _, err := audit.Verify(all(lines[3:])); err != nil {
		t.Errorf("after a purge: %v", err)
	}
	if _, err := audit.Verify(all(lines[4:])); !errors.Is(err, audit.ErrBroken) {
		t.Errorf("one more line gone than was due: %v", err)
	}
	if got, err := audit.Verify(all(nil)); err != nil || got != (audit.Anchor{}) {
		t.Errorf("an empty audit: %v, %v", got, err)
	}
}

// TestNoByteCanChange: whatever is done to one field of one line is found.
func TestNoByteCanChange(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringN(0, 5, -1)
		var lines []audit.Line
		var last audit.Line
		for range rapid.IntRange(2, 8).Draw(t, "lines") {
			last = audit.Next(last, audit.Entry{
				At: time.UnixMicro(rapid.Int64Range(0, 1<<50).Draw(t, "at")), Who: word.Draw(t, "who"), Role: word.Draw(t, "role"),
				From: word.Draw(t, "from"), Act: audit.Act(word.Draw(t, "act")), Note: word.Draw(t, "note"),
			})
			lines = append(lines, last)
		}
		at := rapid.IntRange(0, len(lines)-1).Draw(t, "line")
		l := &lines[at]
		field := rapid.SampledFrom([]*string{&l.Who, &l.Role, &l.From, &l.Flow, &l.Run, &l.Hash, &l.Person, &l.Note, &l.Sum}).Draw(t, "field")
		to := word.Filter(func(s string) bool { return s != *field }).Draw(t, "to")
		*field = to
		if _, err := audit.Verify(all(lines)); !errors.Is(err, audit.ErrBroken) {
			t.Fatalf("line %d was changed, and verified: %v", at+1, err)
		}
	})
}

func TestAnchorsAreReadBack(t *testing.T) {
	t.Parallel()
	a := record(3)[2].Anchor()
	if got, err := audit.ParseAnchor(a.String()); err != nil || got != a {
		t.Errorf("%v, %v", got, err)
	}
	for _, s := range []string{"", "3", "3:", "3:abc", "0" + a.String(), a.String() + "0", "-1" + a.String()[1:], " " + a.String()} {
		if got, err := audit.ParseAnchor(s); err == nil {
			t.Errorf("%q was read as %v", s, got)
		}
	}
}

func TestReadingFaultsAreNoTampering(t *testing.T) {
	t.Parallel()
	gone := errors.New("disk gone")
	_, err := audit.Verify(func(yield func(audit.Line, error) bool) { yield(audit.Line{}, gone) })
	if !errors.Is(err, gone) || errors.Is(err, audit.ErrBroken) {
		t.Errorf("%v", err)
	}
}
