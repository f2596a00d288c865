package draft

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// keptDraft is what is kept of a draft beside whose it is and its file.
type keptDraft struct {
	Name   string      `json:"name"`
	Bytes  int64       `json:"bytes"`
	SHA256 string      `json:"sha256"`
	Mended int         `json:"mended"`
	Stage  Stage       `json:"stage"`
	Mends  bool        `json:"mends"`
	Report flow.Report `json:"report"`
	Fault  *keptFault  `json:"fault,omitempty"`
}

// keptDryRun is what is kept of a dry run beside whose it is.
type keptDryRun struct {
	Only   string      `json:"only,omitempty"`
	At     time.Time   `json:"at"`
	Ended  bool        `json:"ended"`
	Report flow.Report `json:"report"`
	Fault  *keptFault  `json:"fault,omitempty"`
}

// keptFault is an error as people read it.
type keptFault struct {
	Text  string `json:"text"`
	Usage bool   `json:"usage,omitempty"`
}

func faultOf(err error) *keptFault {
	if err == nil {
		return nil
	}
	return &keptFault{err.Error(), errors.Is(err, run.ErrUsage)}
}

func (f *keptFault) err() error {
	switch {
	case f == nil:
		return nil
	case f.Usage:
		return usageError(f.Text)
	}
	return errors.New(f.Text)
}

// usageError is a run.ErrUsage that was kept.
type usageError string

func (e usageError) Error() string { return string(e) }
func (usageError) Unwrap() error   { return run.ErrUsage }

func (d Draft) encode() ([]byte, error) {
	return encode(keptDraft{d.Name, d.Bytes, d.SHA256, d.Mended, d.Stage, d.Mends, d.Report, faultOf(d.Fault)})
}

func (d DryRun) encode() ([]byte, error) {
	return encode(keptDryRun{d.Only, d.At, d.Ended, d.Report, faultOf(d.Fault)})
}

func encode(kept any) ([]byte, error) {
	data, err := json.Marshal(kept)
	if err != nil {
		return nil, fmt.Errorf("keep draft: %w", err)
	}
	return data, nil
}

func decode(kept state.Draft) (Draft, error) {
	var k keptDraft
	if err := json.Unmarshal(kept.Data, &k); err != nil {
		return Draft{}, fmt.Errorf("read draft: %w", err)
	}
	return Draft{
		ID: kept.ID, Flow: kept.Flow, Owner: kept.Owner, Name: k.Name, Bytes: k.Bytes, SHA256: k.SHA256, Mended: k.Mended, Stage: k.Stage, Mends: k.Mends,
		Report: k.Report, Fault: k.Fault.err(), kept: kept,
	}, nil
}

func decodeDryRun(kept state.Draft) (DryRun, error) {
	var k keptDryRun
	if err := json.Unmarshal(kept.Data, &k); err != nil {
		return DryRun{}, fmt.Errorf("read draft: %w", err)
	}
	return DryRun{ID: kept.ID, Flow: kept.Flow, Owner: kept.Owner, Only: k.Only, At: k.At, Ended: k.Ended, Report: k.Report, Fault: k.Fault.err()}, nil
}
