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

func TestWhoWasInTheLastFileTakesThePlaceOfTheOneBefore(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, dsn newState) {
		l := open(t, dsn(t))
		check(t, l.Plans().Bring(t.Context(), "users", []int{9}))
		for _, ids := range [][]int{{1, 2, 3}, {3, 2, 4, 4}} {
			check(t, l.Plans().KeepLastFile(t.Context(), "users", ids))
		}
		for flow, want := range map[string]map[int]bool{"users": {2: true, 3: true, 4: true}, "others": {}} {
			got, err := l.Plans().LastFile(t.Context(), flow)
			check(t, err)
			if !maps.Equal(got, want) {
				t.Errorf("the last file of %s had %v, want %v", flow, got, want)
			}
		}
	})
}
