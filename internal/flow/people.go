package flow

import (
	"iter"

	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/state"
)

// Known are the people of a file or a plan, as the store keeps them beside it.
func Known(traces iter.Seq[explain.Trace]) iter.Seq[state.Known] {
	return func(yield func(state.Known) bool) {
		for t := range traces {
			if !yield(state.Known{Person: t.Person(), Who: t.Shown(), Keys: t.Keys(), Entry: t.Said}) {
				return
			}
		}
	}
}

// Lines are the items of a plan, as the store keeps them to be looked at.
func Lines(lines iter.Seq[explain.Line]) iter.Seq[state.PlanLine] {
	return func(yield func(state.PlanLine) bool) {
		for l := range lines {
			if !yield(state.PlanLine{Search: l.Search(), Data: l.Encode()}) {
				return
			}
		}
	}
}
