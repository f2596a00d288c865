package state

import (
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/run"
)

// facts is the part of a run that is stored as one JSON text: nothing is searched by it.
// These are the store's own shapes: a key that is renamed in the public run document is
// renamed there alone, and what was stored is read as ever.
type facts struct {
	Rows     *rowFacts     `json:"rows,omitempty"`
	File     *fileFacts    `json:"file,omitempty"`
	Changes  *changeFacts  `json:"changes,omitempty"`
	Limits   []limitFacts  `json:"limits,omitempty"`
	Requests *requestFacts `json:"requests,omitempty"`
	People   *peopleFacts  `json:"people,omitempty"`
	Omitted  []omission    `json:"omitted,omitempty"`
	Steps    []stepFacts   `json:"steps,omitempty"`
}

type stepFacts struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
}

type rowFacts struct {
	Read     int `json:"read"`
	Sent     int `json:"sent"`
	Rejected int `json:"rejected"`
}

type fileFacts struct {
	Name     string     `json:"name"`
	Bytes    int64      `json:"bytes"`
	SHA256   string     `json:"sha256"`
	Plain    *fileFacts `json:"plain,omitempty"`
	Partial  bool       `json:"partial,omitempty"`
	Unclosed bool       `json:"unclosed,omitempty"`
	// Descriptor is the file that is sent beside it.
	Descriptor *fileFacts  `json:"descriptor,omitempty"`
	Parts      []partFacts `json:"parts,omitempty"`
}

type partFacts struct {
	fileFacts
	Establishment   string `json:"establishment,omitempty"`
	EstablishmentID int    `json:"establishment_id,omitempty"`
	Rows            int    `json:"rows"`
}

type changeFacts struct {
	Create    int `json:"create"`
	Update    int `json:"update"`
	End       int `json:"end"`
	Rehire    int `json:"rehire"`
	Unchanged int `json:"unchanged"`
	Reject    int `json:"reject"`
}

type limitFacts struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Bound string `json:"bound"`
	Held  bool   `json:"held"`
}

type requestFacts struct {
	Lucca  int  `json:"lucca"`
	Polled bool `json:"polled,omitempty"`
}

type peopleFacts struct {
	Joined  int `json:"joined"`
	Left    int `json:"left"`
	Changed int `json:"changed"`
}

type omission struct {
	Severity finding.Severity `json:"severity"`
	Code     string           `json:"code"`
	Count    int              `json:"count"`
}

func (r *Record) facts() facts {
	f := facts{
		Rows: (*rowFacts)(r.Rows), File: factsOf(r.File), Changes: (*changeFacts)(r.Changes), Requests: (*requestFacts)(r.Requests),
		People: (*peopleFacts)(r.People),
	}
	for _, l := range r.Limits {
		f.Limits = append(f.Limits, limitFacts{l.Name, l.Value, l.Bound, l.Held})
	}
	for _, o := range r.Omitted {
		f.Omitted = append(f.Omitted, omission(o))
	}
	for _, s := range r.Durations {
		f.Steps = append(f.Steps, stepFacts(s))
	}
	return f
}

func (r *Record) setFacts(f facts) {
	r.Rows, r.File, r.Changes, r.Requests = (*run.Rows)(f.Rows), f.File.file(), (*run.Changes)(f.Changes), (*run.Requests)(f.Requests)
	r.People = (*run.People)(f.People)
	for _, l := range f.Limits {
		r.Limits = append(r.Limits, run.Limit{Name: l.Name, Value: l.Value, Bound: l.Bound, Held: l.Held})
	}
	for _, o := range f.Omitted {
		r.Omitted = append(r.Omitted, finding.Omitted(o))
	}
	for _, s := range f.Steps {
		r.Durations = append(r.Durations, run.Step(s))
	}
}

func factsOf(f *run.File) *fileFacts {
	if f == nil {
		return nil
	}
	out := &fileFacts{Name: f.Name, Bytes: f.Bytes, SHA256: f.SHA256, Plain: factsOf(f.Plain), Partial: f.Partial, Unclosed: f.Unclosed, Descriptor: factsOf(f.Descriptor)}
	for _, p := range f.Parts {
		out.Parts = append(out.Parts, partFacts{*factsOf(&p.File), p.Establishment, p.EstablishmentID, p.Rows})
	}
	return out
}

func (f *fileFacts) file() *run.File {
	if f == nil {
		return nil
	}
	out := &run.File{Name: f.Name, Bytes: f.Bytes, SHA256: f.SHA256, Plain: f.Plain.file(), Partial: f.Partial, Unclosed: f.Unclosed, Descriptor: f.Descriptor.file()}
	for _, p := range f.Parts {
		out.Parts = append(out.Parts, run.Part{File: *p.file(), Establishment: p.Establishment, EstablishmentID: p.EstablishmentID, Rows: p.Rows})
	}
	return out
}
