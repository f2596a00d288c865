// Package hire turns recruited candidates into rows of an import plan.
//
// An applicant tracking system (ATS) says that somebody is hired, by webhook, when asked,
// or in a dropped file; its own package (flatchr, generic) is a Source that decodes that into an Event.
// Judge tells the events of people who are in Lucca already from new ones, and Rows makes
// the table that the plan reads. Nothing here reads or changes anything outside.
package hire

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"lucca-exchange/internal/hire/wire"
	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/tabular"
)

// MaxBody bounds a webhook's body: a real one is some KiB, most of it the text of the job
// advertisement.
const MaxBody = 1 << 20

// ErrBody is wrapped by the errors of all decoders: the body cannot be used, and the text,
// which holds nothing of it, may be answered to the sender.
var ErrBody = wire.ErrBody

// Event is one hiring as every ATS is reduced to it. It goes through the store as JSON.
// An absent text is empty.
type Event struct {
	// Source is the name of the ATS.
	Source string `json:"source"`
	// ExternalID is the ATS's own id of the hiring: an event with the id of a known one is
	// the same hire.
	ExternalID string `json:"external_id"`
	// Twin recognises the same hire under another kind of id: see SameHire. It is a digest
	// and tells nothing about the person.
	Twin string `json:"twin,omitempty"`

	LastName     string `json:"last_name,omitempty"`
	FirstName    string `json:"first_name,omitempty"`
	Mail         string `json:"mail,omitempty"`
	PersonalMail string `json:"personal_mail,omitempty"`
	// Phone is as the candidate wrote it.
	Phone string `json:"phone,omitempty"`

	// ContractStart is none when the ATS did not send it.
	ContractStart roster.Date `json:"contract_start,omitzero"`
	JobTitle      string      `json:"job_title,omitempty"`
	// LegalEntity is an establishment.
	LegalEntity  string `json:"legal_entity,omitempty"`
	Department   string `json:"department,omitempty"`
	Manager      string `json:"manager,omitempty"`
	Role         string `json:"role,omitempty"`
	ContractType string `json:"contract_type,omitempty"`

	// HiredAt is when the candidate was moved, or when we heard of it.
	HiredAt time.Time `json:"hired_at"`
	// Row is the row of a dropped file, the header being 1; 0 for a webhook or a poll.
	Row int `json:"row,omitempty"`
	// Notes are what the decoder could not take over.
	Notes []Note `json:"notes,omitempty"`
}

// Note is something that was sent and cannot be used; it becomes a warning of the row. It
// holds no value.
type Note struct {
	Code string `json:"code"`
	// Column is Lucca's code of the property that it is about; empty for the whole event.
	Column  string `json:"column,omitempty"`
	Message string `json:"message"`
}

// twinWindow is how far apart two reports of one hire may be. A poll dates a hire by the
// last change of the application, which may be some weeks later; a second hire of the same
// person for the same vacancy is months later.
const twinWindow = 60 * 24 * time.Hour

// TwinOf digests what identifies a hire whatever its id: the same person for the same
// vacancy. It is empty without both names, which identifies nobody.
func TwinOf(mail, lastName, firstName, vacancy string) string {
	if lastName == "" || firstName == "" {
		return ""
	}
	parts := []string{twinFold(mail), twinFold(lastName), twinFold(firstName), twinFold(vacancy)}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// twinFold folds a text but for its dots and commas. Digests are stored: this must not change,
// or a hire that came before an update comes again after it.
func twinFold(s string) string {
	const dot, comma = "\ue000", "\ue001" // letters that no text has, which folding keeps
	folded := person.Fold(strings.NewReplacer(".", dot, ",", comma).Replace(s))
	return strings.NewReplacer(dot, ".", comma, ",").Replace(folded)
}

// SameHire reports whether two events tell of one hire. Flatchr gives the same application
// a number in its webhook and a text in its search, so that ids of the two kinds cannot be
// compared: then the same person, hired for the same vacancy at about the same time, is one
// hire. Two ids of one kind are two hires.
func (e Event) SameHire(o Event) bool {
	if e.Source != o.Source {
		return false
	}
	if e.ExternalID == o.ExternalID {
		return true
	}
	return e.Twin != "" && e.Twin == o.Twin && tabular.OnlyDigits(e.ExternalID) != tabular.OnlyDigits(o.ExternalID) &&
		e.HiredAt.Sub(o.HiredAt).Abs() <= twinWindow
}

// Start is the first day of the contract as it goes into Lucca: the day that was sent,
// else the day of the hiring in the zone.
func (e Event) Start(zone *time.Location) (day roster.Date, fallback bool) {
	if !e.ContractStart.IsZero() {
		return e.ContractStart, false
	}
	return roster.DateOf(e.HiredAt.In(zone)), true
}

// maxText bounds one text of an event, in bytes. Lucca's own fields hold 255 characters.
const maxText = 1000

// Check reports whether the event can be stored and told from others: it has an id, and
// no text is longer than any real one. The error wraps ErrBody.
func (e Event) Check() error {
	if e.ExternalID == "" {
		return wire.Fault("the id of the hiring is missing")
	}
	for _, text := range []string{
		e.ExternalID, e.LastName, e.FirstName, e.Mail, e.PersonalMail, e.Phone, e.JobTitle,
		e.LegalEntity, e.Department, e.Manager, e.Role, e.ContractType,
	} {
		if len(text) > maxText {
			return wire.Fault("a text has more than %d bytes", maxText)
		}
	}
	return nil
}
