package hire

import (
	"fmt"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/secret"
)

// defaultCountry is whose phone numbers are written without a country code.
const defaultCountry = "FR"

// minToken is how long a token must be: it is all that a sender has to know.
const minToken = 20

// Config holds the keys of a hires flow that every source has.
type Config struct {
	// Source is the name of the ATS, in the configuration and in events.
	Source string `yaml:"source" json:"source" jsonschema:"required,description=the applicant tracking system; generic is any that sends our JSON or files"`
	// WebhookToken is the last part of the webhook's address.
	WebhookToken secret.Ref    `yaml:"webhook_token,omitempty" json:"webhook_token,omitzero" jsonschema:"description=secret part of the address of the webhook: 20 characters or more; no webhook if left out"`
	Defaults     plan.Defaults `yaml:"defaults,omitempty" json:"defaults,omitzero" jsonschema:"description=values for what the ATS does not send: legalEntity department rolePrincipal"`
	Login        string        `yaml:"login,omitempty" json:"login,omitempty" jsonschema:"default={f}{last},description=pattern of the logins from {first} {last} and their initials {f} {l}"`
	Country      string        `yaml:"country,omitempty" json:"country,omitempty" jsonschema:"default=FR,description=country (ISO 3166 such as FR) of phone numbers without a country code"`
	// ContractType is where a contract type goes instead of the contract itself.
	ContractType string `yaml:"contract_type,omitempty" json:"contract_type,omitempty" jsonschema:"description=custom field (e_…) of the employee that takes the contract type; it goes into the contract by the labels of lucca.contract_types if left out"`
}

// Under returns the configuration with relative files resolved against dir.
func (c Config) Under(dir string) Config {
	c.WebhookToken = c.WebhookToken.Under(dir)
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

// Validate reports every fault with the key that it is about. Which sources there are it
// does not know.
func (c Config) Validate(report func(key, message string)) {
	if err := c.WebhookToken.Validate(); !c.WebhookToken.IsZero() && err != nil {
		report("webhook_token", err.Error())
	}
	if v, err := c.WebhookToken.Resolve(); !c.WebhookToken.IsZero() && err == nil && len(v.Reveal()) < minToken {
		report("webhook_token", fmt.Sprintf("is shorter than %d characters, and could be guessed: openssl rand -hex 20 makes one", minToken))
	}
	if !phonenumbers.GetSupportedRegions()[c.Region()] {
		report("country", fmt.Sprintf("want a country code such as FR or DE, not %q", c.Country))
	}
	if field := c.ContractType; field != "" && (!strings.HasPrefix(field, "e_") || !plan.Known(field)) {
		report("contract_type", "want the code of a custom field, such as e_contract_type")
	}
	c.Policy().Validate(report)
}
