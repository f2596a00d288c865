package sandbox

import (
	"strings"
	"testing"
)

// print writes a selection back as a `fields` value.
func (s selection) print() string {
	var words []string
	for _, f := range s {
		if len(f.sub) > 0 {
			f.name += "[" + f.sub.print() + "]"
		}
		words = append(words, f.name)
	}
	return strings.Join(words, ",")
}

// What was read, written and read again is the same, and nothing makes the parser fall.
func FuzzParseFields(f *testing.F) {
	for _, s := range []string{"", "id", "ID, name", "manager[id,mail]", "manager.id,department.name", "a[b[c.d],e],f", "a[", "a]", "a,,b", "a.b[c]", "é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		sel, err := parseFields(s)
		if err != nil {
			return
		}
		if strings.Count(s, "[") != strings.Count(s, "]") {
			t.Errorf("%q has unbalanced brackets and was read", s)
		}
		again, err := parseFields(sel.print())
		if err != nil || again.print() != sel.print() {
			t.Errorf("%q reads as %q, which reads as %q, %v", s, sel.print(), again.print(), err)
		}
	})
}

func FuzzParsePaging(f *testing.F) {
	for _, s := range []string{"", "1", "0,1000", "1000,1", "-1,5", "0,0", "0,1001", "x,1", "1,x", "1,2,3", "+1,+2", "99999999999999999999,1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w, err := parsePaging(s)
		if err == nil && (w.offset < 0 || w.limit < 1 || w.limit > maxPage) {
			t.Errorf("%q reads as %+v", s, w)
		}
		if items := page(RepeatPage, make([]int, 10), w); len(items) > 10 {
			t.Errorf("%q gives %d of 10 items", s, len(items))
		}
	})
}

func FuzzParseCondition(f *testing.F) {
	for _, s := range []string{"", "a", "null", "like,a", "since,2026-01-01", "between,2026-01-01,2026-12-31", "notequal,null", "between,1", "1,2,null", "until,2050-10-15,null"} {
		for _, t := range []keyType{textKey, numberKey, timeKey} {
			f.Add(int(t), s)
		}
	}
	f.Fuzz(func(t *testing.T, kind int, s string) {
		c, err := parseCondition(keyType(kind), s)
		if err != nil {
			return
		}
		if len(c.values) == 0 || c.op == "between" && len(c.values) != 2 {
			t.Errorf("%q reads as %+v", s, c)
		}
		for _, k := range append(c.values, key{null: true}) {
			c.holds(k)
		}
	})
}

func TestBetweenHoldsTheWholeLastDay(t *testing.T) {
	t.Parallel()
	c, err := parseCondition(timeKey, "between,2026-01-01,2026-01-31")
	if err != nil {
		t.Fatal(err)
	}
	for instant, want := range map[string]bool{
		"2025-12-31T23:59:59": false, "2026-01-01": true, "2026-01-31T23:59:59.999": true, "2026-02-01": false,
	} {
		k, err := timeKey.parse(instant)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.holds(k); got != want {
			t.Errorf("%s within January: %v, want %v", instant, got, want)
		}
	}
}
