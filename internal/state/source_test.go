package state_test

import (
	"maps"
	"testing"
)

func TestASourceKeepsWhomItBrought(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, dsn newState) {
		l := open(t, dsn(t))
		for _, ids := range [][]int{{1, 2}, {2, 3}, nil} {
			check(t, l.Plans().Bring(t.Context(), "payroll-a", ids))
		}
		for source, want := range map[string]map[int]bool{"payroll-a": {1: true, 2: true, 3: true}, "payroll-b": {}} {
			got, err := l.Plans().Brought(t.Context(), source)
			check(t, err)
			if !maps.Equal(got, want) {
				t.Errorf("%s has brought %v, want %v", source, got, want)
			}
		}
	})
}
