// Package auth knows who asks: users with passwords, people whom an OpenID provider vouches
// for, programs with tokens, and what each of them may do. It decides nothing about runs and
// shows no page: whoever does asks an Account.
//
// What is kept of a session or a token is the SHA-256 of a random secret, so that neither can
// be taken from the state. Passwords are in the configuration, as hashes of bcrypt or
// argon2id. Credentials are in no log, no error and no metric.
package auth

import (
	"fmt"
	"slices"
	"strings"
)

// Role is what an account may do. Each may do what those before it may.
type Role string

// The roles (design of the console): who sees no value of anybody, who runs, who decides.
const (
	// Viewer sees what happened, but of people no more than initials and Lucca's id.
	Viewer Role = "viewer"
	// Operator also runs, cancels, pauses and sends again.
	Operator Role = "operator"
	// Approver also sees the values of the flows that are theirs, brings files, and decides.
	Approver Role = "approver"
	// Admin does all that, of all flows, and reads the audit.
	Admin Role = "admin"
)

// Roles are all, from the least to the most.
func Roles() []Role { return []Role{Viewer, Operator, Approver, Admin} }

// atLeast tells whether r may do what other may. An unknown role may nothing.
func (r Role) atLeast(other Role) bool {
	have := slices.Index(Roles(), r)
	return have >= 0 && have >= slices.Index(Roles(), other)
}

// Via is how an account showed who it is.
type Via string

// The ways.
const (
	Password Via = "password"
	OpenID   Via = "oidc"
	Bearer   Via = "token"
	// Link is the address that demo --serve prints.
	Link Via = "link"
	// Loopback is whoever is on this machine, where no user is configured.
	Loopback Via = "loopback"
)

// Grant is a role in some flows. No flows are all.
type Grant struct {
	Role  Role     `json:"role"`
	Flows []string `json:"flows,omitempty"`
}

func (g Grant) covers(role Role, flow string) bool {
	return g.Role.atLeast(role) && (len(g.Flows) == 0 || slices.Contains(g.Flows, flow))
}

// Account is who asks. The zero value is nobody, who may do nothing.
type Account struct {
	// Name is a user's of the configuration, what the provider calls a person, or a token's.
	Name string
	Via  Via
	// Maker is who made the token, as the audit has them.
	Maker string
	// Grants are several for somebody in several groups: a role in one flow gives none in another.
	Grants []Grant
}

// Who names the account in the audit, so that no two ways to sign in give the same name:
// "claire", "oidc:claire@acme.example", "token:payroll (os:claire)"; see audit.SamePerson.
func (a Account) Who() string {
	switch a.Via {
	case Password, Link:
		return a.Name
	case Bearer:
		return fmt.Sprintf("token:%s (%s)", a.Name, a.Maker)
	default:
		return strings.TrimSuffix(string(a.Via)+":"+a.Name, ":")
	}
}

// Role is the greatest that the account has in any flow, empty for nobody.
func (a Account) Role() (most Role) {
	for _, g := range a.Grants {
		if most == "" || g.Role.atLeast(most) {
			most = g.Role
		}
	}
	return most
}

// Views reports whether the account may see what happened, without people's values.
func (a Account) Views() bool { return a.Role().atLeast(Viewer) }

// Sees reports whether the account may see what happened in a flow, without people's values:
// whoever may look sees all flows, and a token those that it is for.
func (a Account) Sees(flow string) bool {
	return a.Views() && (a.Via != Bearer || a.has(Viewer, flow))
}

// Operates reports whether the account may run, cancel, pause and send again.
func (a Account) Operates(flow string) bool { return a.has(Operator, flow) }

// SeesValues reports whether the account may see people's names and values in a flow.
func (a Account) SeesValues(flow string) bool { return a.has(Approver, flow) }

// Decides reports whether the account may approve and reject, bring files and decide hires.
func (a Account) Decides(flow string) bool { return a.has(Approver, flow) }

// Administers reports whether the account may read the audit and hand out tokens: both are
// about all flows.
func (a Account) Administers() bool {
	return slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.Role.atLeast(Admin) && len(g.Flows) == 0 })
}

func (a Account) has(role Role, flow string) bool {
	return slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.covers(role, flow) })
}
