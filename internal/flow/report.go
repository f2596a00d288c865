package flow

import (
	"io"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/state"
)

// Report is a run that has ended or was rehearsed, with what a command shows of it.
type Report struct {
	Run state.Record
	// Path is the local file; it is gone after a dry run.
	Path string
	// Preview is the header and the first rows.
	Preview [][]string
	// Receipt is set when the file was delivered.
	Receipt *delivery.Receipt
	// Only is set when one employee was asked for.
	Only []explain.Explanation
	// Plan is what an import would do, or has done.
	Plan *plan.Plan
	// Names are those of whom the items of Plan are about, in their order; nil but of a dry run.
	Names []string
	// Difference is set when a dry run was asked what is otherwise than in the last file.
	Difference *export.Difference
	// Waiting counts the files that wait for another run.
	Waiting int
	// Place is where the file was put on its remote, Reports what was put beside it.
	Place   string
	Reports []string
}

// Report is a run with what a command shows of its result.
func (r *Result) Report(record state.Record) Report {
	return Report{
		Run: record, Path: r.Path, Preview: r.Preview, Receipt: r.Receipt, Only: r.Only, Plan: r.Plan, Names: r.Names, Difference: r.Difference,
		Waiting: r.Waiting, Place: r.Place, Reports: r.Reports,
	}
}

// WriteDocument writes the plan in its public form, with all that the run has to say, as one
// JSON document.
func (r Report) WriteDocument(w io.Writer) error {
	p := plan.Plan{Findings: r.Run.Findings}
	if r.Plan != nil {
		p.Items, p.Rest = r.Plan.Items, r.Plan.Rest
	}
	file := ""
	if r.Run.File != nil {
		file = r.Run.File.Name
	}
	return p.WriteDocument(w, r.Run.Flow, file, r.Run.Limits)
}
