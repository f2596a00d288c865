package export

import (
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/run"
)

// narrow makes a result one of the employees who were asked for.
func narrow(r flow.Result, found []explain.Explanation) flow.Result {
	r.File, r.Limits = nil, nil
	r.Log, r.Rows = flow.Result{}.Log, &run.Rows{Read: len(found)}
	for _, e := range found {
		switch e.Decision {
		case export.Sent:
			r.Rows.Sent++
		case export.Rejected:
			r.Rows.Rejected++
		}
		r.Log.Add(e.Notes...)
	}
	r.Result = conclude(r.Result)
	for i := range found {
		found[i].Outcome = r.Outcome
	}
	r.Only, r.Preview = found, nil
	return r
}
