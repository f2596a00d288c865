package inspect

import (
	"cmp"
	"slices"
	"time"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/run"
)

// Need is one thing that waits for a person.
type Need struct {
	Code NeedCode `json:"code"`
	Flow string   `json:"flow"`
	// Run, Hire and File are what it is about, where it is about one.
	Run  string `json:"run,omitempty"`
	Hire string `json:"hire,omitempty"`
	File string `json:"file,omitempty"`
	// Remote is whose certificate ends, where it is that of a server.
	Remote string `json:"remote,omitempty"`
	// EndsAt is when what it is about ceases to work.
	EndsAt time.Time `json:"ends_at,omitzero"`
	// Count is how many there are, where it is about several.
	Count int `json:"count,omitempty"`
	// Warnings is how many the same run has that somebody has to see.
	Warnings int `json:"warnings,omitempty"`
	// Since is when it began, if that is known.
	Since time.Time `json:"since,omitzero"`
	// Because is why, in a sentence.
	Because string `json:"because,omitempty"`
}

// NeedCode says what kind of thing waits.
type NeedCode string

// The needs.
const (
	// NeedApproval: a run is held.
	NeedApproval NeedCode = "approval"
	// NeedRejection: a run is held that nobody can approve any more.
	NeedRejection NeedCode = "rejection"
	// NeedHire: a candidate is decided on by themselves.
	NeedHire NeedCode = "hire"
	// NeedDaemon: a slot is due and no daemon takes it up.
	NeedDaemon NeedCode = "daemon"
	// NeedRepair: the last run failed.
	NeedRepair NeedCode = "repair"
	// NeedFile: a file is left where a run took it to.
	NeedFile NeedCode = "file"
	// NeedMending: rows of the last run were rejected.
	NeedMending NeedCode = "mending"
	// What ends within 30 days, or has ended: the certificate of the console, that of a server, a
	// partner's OpenPGP key, and one of our own.
	NeedCertificate NeedCode = NeedCode(config.EndCertificate)
	NeedServer      NeedCode = NeedCode(config.EndServer)
	NeedPartnerKey  NeedCode = NeedCode(config.EndPartnerKey)
	NeedOwnKey      NeedCode = NeedCode(config.EndOwnKey)
	// NeedLook: the last run has warnings that somebody has to see, and nothing worse.
	NeedLook NeedCode = "look"
)

// pressing is the order in which needs are shown.
var pressing = []NeedCode{NeedApproval, NeedRejection, NeedHire, NeedDaemon, NeedRepair, NeedFile, NeedCertificate, NeedServer, NeedPartnerKey, NeedOwnKey, NeedMending, NeedLook}

// Ending is what of an instance ends soon, or has ended.
func Ending(i Inspector, now time.Time) []config.End {
	list := i.Config.Ends(now)
	return slices.DeleteFunc(list, func(e config.End) bool { return e.At.After(now.Add(config.EndsSoon)) })
}

// Needs lists what waits for a person, most pressing first.
func Needs(flows []FlowState, inbox []Candidate, ending []config.End) []Need {
	var list []Need
	waiting := make(map[string]int)
	for _, c := range inbox {
		if c.With == "" { // else it is part of a held run
			waiting[c.Flow]++
			list = append(list, Need{Code: NeedHire, Flow: c.Flow, Hire: c.ID, Since: c.Updated, Because: c.Reason})
		}
	}
	for n := range flows {
		list = append(list, flows[n].needs(waiting[flows[n].Name])...)
	}
	for _, e := range ending {
		list = append(list, Need{Code: NeedCode(e.Kind), Flow: e.Flow, Remote: e.Remote, EndsAt: e.At})
	}
	slices.SortStableFunc(list, func(a, b Need) int {
		return cmp.Compare(slices.Index(pressing, a.Code), slices.Index(pressing, b.Code))
	})
	return list
}

// needs are those of one flow, of whose candidates so many wait for a person anyway.
func (s *FlowState) needs(waiting int) []Need {
	var list []Need
	for _, r := range s.ToApprove {
		list = append(list, Need{Code: NeedApproval, Flow: s.Name, Run: r.Run, Since: r.Since, Because: r.Reason})
	}
	for _, o := range s.Overtaken {
		list = append(list, Need{Code: NeedRejection, Flow: s.Name, Run: o.Run, Because: o.ToDo})
	}
	if !s.Overdue.IsZero() {
		list = append(list, Need{Code: NeedDaemon, Flow: s.Name, Since: s.Overdue})
	}
	for _, f := range s.Stuck {
		list = append(list, Need{Code: NeedFile, Flow: s.Name, Run: f.Run, File: f.Name, Since: f.Since})
	}
	total := 0
	for _, n := range s.Warnings {
		total += n
	}
	last := Need{Flow: s.Name, Run: s.Run, Since: s.LastRun, Because: s.Reason, Warnings: total}
	switch {
	case s.Outcome == run.Failed:
		last.Code = NeedRepair
	case s.Outcome == run.Rejections && (s.Kind != run.Hires || s.Rows.Rejected > waiting):
		last.Code, last.Count = NeedMending, s.Rows.Rejected
	case total > 0:
		last.Code, last.Count, last.Warnings, last.Because = NeedLook, total, 0, ""
	default:
		return list
	}
	return append(list, last)
}
