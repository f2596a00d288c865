package hire

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/secret"
)

// The sources of hires. Arca24 has no public interface: it sends our own documented JSON,
// as any other ATS does that is Generic.
const (
	Flatchr = "flatchr"
	Arca24  = "arca24"
	Generic = "generic"
)

// Sources lists every source.
func Sources() []string { return []string{Flatchr, Arca24, Generic} }

// defaultCountry is whose phone numbers are written without a country code.
const defaultCountry = "FR"

// minToken is how long a token must be: it is all that a sender has to know.
const minToken = 20

// Config holds the keys of a hires flow that every source has.
type Config struct {
	Source string `yaml:"source" json:"source" jsonschema:"required,enum=flatchr,enum=arca24,enum=generic,description=the applicant tracking system; generic is any that sends our JSON or files"`
	// WebhookToken is the last part of the webhook's address.
	WebhookToken secret.Ref `yaml:"webhook_token,omitempty" json:"webhook_token,omitzero" jsonschema:"description=secret part of the address of the webhook: 20 characters or more; no webhook if left out"`
	// Secret is a key of Standard Webhooks.
	Secret   secret.Ref    `yaml:"secret,omitempty" json:"secret,omitzero" jsonschema:"description=secret (whsec_…) with which the sender signs by Standard Webhooks; unsigned webhooks are refused then"`
	Defaults plan.Defaults `yaml:"defaults,omitempty" json:"defaults,omitzero" jsonschema:"description=values for what the ATS does not send: legalEntity department rolePrincipal"`
	Login    string        `yaml:"login,omitempty" json:"login,omitempty" jsonschema:"default={f}{last},description=pattern of the logins from {first} {last} and their initials {f} {l}"`
	Country  string        `yaml:"country,omitempty" json:"country,omitempty" jsonschema:"default=FR,description=country (ISO 3166 such as FR) of phone numbers without a country code"`
	// ContractType is where a contract type goes instead of the contract itself.
	ContractType string `yaml:"contract_type,omitempty" json:"contract_type,omitempty" jsonschema:"description=custom field (e_…) of the employee that takes the contract type; it goes into the contract by the labels of lucca.contract_types if left out"`
}

// Under returns the configuration with relative files resolved against dir.
func (c Config) Under(dir string) Config {
	c.WebhookToken, c.Secret = c.WebhookToken.Under(dir), c.Secret.Under(dir)
	return c
}

// Policy is how the plan reads the rows: whoever is in them is created.
func (c Config) Policy() plan.Policy {
	return plan.Policy{Identifier: plan.ByLogin, Mode: plan.Delta, Defaults: c.Defaults, Login: c.Login, NewOnly: true}
}

// typeColumn is the column of the contract type.
func (c Config) typeColumn() string {
	if c.ContractType != "" {
		return c.ContractType
	}
	return plan.ContractType
}

// Region is the country of phone numbers without a country code.
func (c Config) Region() string {
	if c.Country == "" {
		return defaultCountry
	}
	return strings.ToUpper(c.Country)
}

// Validate reports every fault with the key that it is about.
func (c Config) Validate(report func(key, message string)) {
	if !slices.Contains(Sources(), c.Source) {
		report("source", "want "+strings.Join(Sources(), ", "))
	}
	for key, ref := range map[string]secret.Ref{"webhook_token": c.WebhookToken, "secret": c.Secret} {
		if ref.IsZero() {
			continue
		}
		if err := ref.Validate(); err != nil {
			report(key, err.Error())
		}
	}
	if v, err := c.WebhookToken.Resolve(); !c.WebhookToken.IsZero() && err == nil && len(v.Reveal()) < minToken {
		report("webhook_token", fmt.Sprintf("is shorter than %d characters, and could be guessed: openssl rand -hex 20 makes one", minToken))
	}
	switch {
	case c.Secret.IsZero():
	case c.Source == Flatchr:
		report("secret", "Flatchr does not sign its webhooks: leave it out, the address itself is secret")
	case c.WebhookToken.IsZero():
		report("secret", "there is nothing to be signed without webhook_token")
	}
	if !phonenumbers.GetSupportedRegions()[c.Region()] {
		report("country", fmt.Sprintf("want a country code such as FR or DE, not %q", c.Country))
	}
	if field := c.ContractType; field != "" && (!strings.HasPrefix(field, "e_") || !plan.Known(field)) {
		report("contract_type", "want the code of a custom field, such as e_contract_type")
	}
	c.Policy().Validate(report)
}
