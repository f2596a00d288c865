package auth

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/alexedwards/argon2id"
	"golang.org/x/crypto/bcrypt"

	"lucca-exchange/internal/loopback"
	"lucca-exchange/internal/secret"
)

// Bounds on the price of a password's hash. Below the least a stolen hash is soon guessed;
// above the most, a sign-in takes over a second of processor, or memory that is not there.
const (
	minCost, maxCost = 10, 14
	// argon2id: memory in KiB. The least is OWASP's (Password Storage Cheat Sheet).
	minMemory, maxMemory = 19 << 10, 256 << 10
	maxIterations        = 10
)

// User may sign in with a password, of which only a hash is kept.
type User struct {
	PasswordHash string   `yaml:"password_hash" json:"password_hash" jsonschema:"required,description=bcrypt hash as printed by htpasswd -nBC 12 NAME; or argon2id as printed by argon2 SALT -id -e"`
	Role         Role     `yaml:"role" json:"role" jsonschema:"required,enum=viewer,enum=operator,enum=approver,enum=admin,description=what they may do: see without names; also run and pause; also see values and decide; everything"`
	Flows        []string `yaml:"flows,omitempty" json:"flows,omitempty" jsonschema:"description=the flows that are theirs; all if left out"`
}

// Provider is an OpenID provider: whoever it vouches for is let in by their groups.
type Provider struct {
	Issuer       string     `yaml:"issuer" json:"issuer" jsonschema:"required,description=address of the provider as in its openid-configuration"`
	ClientID     string     `yaml:"client_id" json:"client_id" jsonschema:"required"`
	ClientSecret secret.Ref `yaml:"client_secret" json:"client_secret" jsonschema:"required"`
	// GroupsClaim is the claim of the ID token that lists groups.
	GroupsClaim string          `yaml:"groups_claim,omitempty" json:"groups_claim,omitempty" jsonschema:"description=the claim that lists the groups of a person,default=groups"`
	Scopes      []string        `yaml:"scopes,omitempty" json:"scopes,omitempty" jsonschema:"description=asked for beside openid; profile and email if left out"`
	Groups      map[string]Role `yaml:"groups" json:"groups" jsonschema:"required,description=the role of each group; of several the one that may most. Nobody else is let in"`
	// Flows of a group narrow what its people see and decide.
	Flows map[string][]string `yaml:"flows,omitempty" json:"flows,omitempty" jsonschema:"description=the flows of a group; all if left out"`
}

// Under returns p with its secret's path resolved against dir.
func (p Provider) Under(dir string) Provider {
	p.ClientSecret = p.ClientSecret.Under(dir)
	return p
}

// Validate reports every fault of a user called name, with the key that it is about.
func (u User) Validate(name string, report func(key, message string)) {
	if name == "" || strings.ContainsAny(name, ":\r\n") {
		report("", "want a name without colon")
	}
	if message := faultOfHash(u.PasswordHash); message != "" {
		report(".password_hash", message)
	}
	if !slices.Contains(Roles(), u.Role) {
		report(".role", "want viewer, operator, approver or admin")
	}
	if len(u.Flows) > 0 && u.Role == Admin {
		report(".flows", "an admin has all flows: leave flows out, or make them an approver")
	}
}

func faultOfHash(hash string) string {
	if strings.HasPrefix(hash, "$argon2id$") {
		p, _, _, err := argon2id.DecodeHash(hash)
		switch {
		case err != nil:
			return "want an argon2id hash in PHC form, such as argon2 SALT -id -e prints"
		case p.Memory < minMemory || p.Memory > maxMemory || p.Iterations < 1 || p.Iterations > maxIterations || p.Parallelism < 1:
			return fmt.Sprintf("has argon2id parameters m=%d,t=%d,p=%d: want m from %d to %d KiB and t from 1 to %d", p.Memory, p.Iterations, p.Parallelism, minMemory, maxMemory, maxIterations)
		}
		return ""
	}
	switch cost, err := bcrypt.Cost([]byte(hash)); {
	case err != nil:
		return "want a bcrypt hash: htpasswd -nBC 12 NAME prints one after the colon"
	case cost < minCost || cost > maxCost:
		return fmt.Sprintf("has a cost of %d: want %d to %d, as htpasswd -nBC 12 NAME makes", cost, minCost, maxCost)
	}
	return ""
}

// Validate reports every fault with the key that it is about.
func (p Provider) Validate(report func(key, message string)) {
	switch u, err := url.Parse(p.Issuer); {
	case err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "":
		report("issuer", "want the https address of the provider, as its openid-configuration has it")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback.Is(u.Hostname())):
		report("issuer", "want https: over http anybody on the way could say who is who")
	}
	if p.ClientID == "" {
		report("client_id", "missing: the provider shows it where this program is registered")
	}
	if err := p.ClientSecret.Validate(); err != nil {
		report("client_secret", err.Error())
	}
	if len(p.Groups) == 0 {
		report("groups", "missing: want the role of each group, such as {hr-admins: approver}; nobody would be let in")
	}
	for group, role := range p.Groups {
		if !slices.Contains(Roles(), role) {
			report("groups."+group, "want viewer, operator, approver or admin")
		}
	}
	for group := range p.Flows {
		if _, ok := p.Groups[group]; !ok {
			report("flows."+group, "there is no such group under groups")
		}
	}
}

// account is whom the provider vouches for, ok if any of their groups has a role.
func (p Provider) account(name string, groups []string) (a Account, ok bool) {
	a = Account{Name: name, Via: OpenID}
	for _, g := range groups {
		if role, known := p.Groups[g]; known {
			a.Grants = append(a.Grants, Grant{Role: role, Flows: p.Flows[g]})
		}
	}
	return a, len(a.Grants) > 0
}
