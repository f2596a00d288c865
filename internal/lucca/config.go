package lucca

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"lucca-exchange/internal/httpapi"
	"lucca-exchange/internal/loopback"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/secret"
)

// Limits on requests_per_minute. Lucca answers 429 above 50 requests in 60 seconds per
// tenant, counting every integration of the customer together.
const (
	defaultRequestsPerMinute = 45
	maxRequestsPerMinute     = 50
)

// maxPayPeriods is one pay a week, the most that a year holds.
const maxPayPeriods = 53

// Config is the section "lucca" of the configuration.
type Config struct {
	URL               string            `yaml:"url" json:"url" jsonschema:"required,description=address of the tenant such as https://acme.ilucca.net"`
	APIKey            secret.Ref        `yaml:"api_key,omitempty" json:"api_key,omitzero" jsonschema:"description=API key of the tenant; imports and hires need one"`
	OAuth             *OAuth            `yaml:"oauth,omitempty" json:"oauth,omitempty" jsonschema:"description=OAuth client of the Lucca API (v5) beside or instead of the API key"`
	RequestsPerMinute int               `yaml:"requests_per_minute,omitempty" json:"requests_per_minute,omitempty" jsonschema:"minimum=1,default=45,description=Lucca allows 50 per tenant for all integrations together"`
	ContractTypes     map[int]string    `yaml:"contract_types,omitempty" json:"contract_types,omitempty" jsonschema:"description=label of each work contract typeId"`
	Extensions        map[string]string `yaml:"extensions,omitempty" json:"extensions,omitempty" jsonschema:"description=our name of a custom field (hr_manager hourly_rate) and its code in Lucca (e_…)"`
	CostCenterAxes    []int             `yaml:"cost_center_axes,omitempty" json:"cost_center_axes,omitempty" jsonschema:"description=ids of the analytical axes; the first is cost centre level 1"`
	AnnualSalary      AnnualSalary      `yaml:"annual_salary,omitempty" json:"annual_salary,omitzero" jsonschema:"description=where the annual gross salary comes from"`
}

// The sources of an annual salary.
const (
	// SalaryCompensation adds up the basic pay items of Lucca's Compensation module.
	SalaryCompensation = "compensation"
	// SalaryExtension takes a custom field that holds the annual salary.
	SalaryExtension = "extension"
)

// AnnualSalary says where the annual gross salary comes from. The zero value: nowhere.
type AnnualSalary struct {
	Source string `yaml:"source" json:"source" jsonschema:"enum=compensation,enum=extension"`
	// Periods is how many times a year a basic pay item is paid; for compensation.
	Periods int `yaml:"periods,omitempty" json:"periods,omitempty" jsonschema:"minimum=1,maximum=53"`
	// Field is the code of the custom field; for extension.
	Field string `yaml:"field,omitempty" json:"field,omitempty" jsonschema:"pattern=^e_"`
}

// Under returns the configuration with a relative secret file resolved against dir.
func (c Config) Under(dir string) Config {
	c.APIKey = c.APIKey.Under(dir)
	if c.OAuth != nil {
		c.OAuth = &OAuth{ClientID: c.OAuth.ClientID.Under(dir), ClientSecret: c.OAuth.ClientSecret.Under(dir), TokenURL: c.OAuth.TokenURL}
	}
	return c
}

// Lacks is what cannot be read with the configured access, whatever its rights: without an
// API key, what the Lucca API (v5) does not have.
func (c Config) Lacks() roster.Query {
	if c.OAuth == nil || !c.APIKey.IsZero() {
		return roster.Query{}
	}
	return roster.Query{Fields: v5Lacks, Roles: true, Pay: true}
}

// Settings returns what a roster needs to know of the configuration, for one day.
func (c Config) Settings(day roster.Date) roster.Settings {
	return roster.Settings{
		Day:             day,
		ContractTypes:   c.ContractTypes,
		Extensions:      c.Extensions,
		CostCenterAxes:  c.CostCenterAxes,
		SalaryExtension: c.AnnualSalary.Field,
		PayPeriods:      c.AnnualSalary.Periods,
	}
}

// Validate reports every fault, each with its key relative to the section, such as
// "annual_salary.periods".
func (c Config) Validate(report func(key, message string)) {
	base, fault := parseURL(c.URL)
	if fault != "" {
		report("url", fault)
	}
	c.validateAccess(report)
	c.validateRate(base, report)
	for _, id := range slices.Sorted(maps.Keys(c.ContractTypes)) {
		if id <= 0 || strings.TrimSpace(c.ContractTypes[id]) == "" {
			report(fmt.Sprintf("contract_types.%d", id), "want a positive typeId and a label")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Extensions)) {
		if !extensionCode.MatchString(c.Extensions[name]) {
			report("extensions."+name, wantExtension)
		}
	}
	for i, axis := range c.CostCenterAxes {
		if axis <= 0 || slices.Index(c.CostCenterAxes, axis) != i {
			report(fmt.Sprintf("cost_center_axes[%d]", i), "want positive axis ids, each once")
		}
	}
	c.AnnualSalary.validate(report)
}

func (c Config) validateAccess(report func(key, message string)) {
	if c.OAuth != nil {
		c.OAuth.validate(report)
	}
	if c.OAuth != nil && c.APIKey.IsZero() {
		return
	}
	if err := c.APIKey.Validate(); err != nil {
		report("api_key", err.Error())
	}
}

var extensionCode = regexp.MustCompile(`^e_[A-Za-z0-9_]+$`)

const wantExtension = "want the code of a custom field: e_ and letters, digits or _"

func (c Config) validateRate(base *url.URL, report func(key, message string)) {
	switch n := c.RequestsPerMinute; {
	case n < 0:
		report("requests_per_minute", "want at least 1")
	case n > maxRequestsPerMinute && base != nil && !loopback.Is(base.Hostname()):
		report("requests_per_minute", fmt.Sprintf(
			"want at most %d: Lucca refuses more per tenant, all integrations together", maxRequestsPerMinute))
	}
}

func (s AnnualSalary) validate(report func(key, message string)) {
	const key = "annual_salary."
	switch s.Source {
	case SalaryCompensation:
		if s.Periods < 1 || s.Periods > maxPayPeriods {
			report(key+"periods", fmt.Sprintf("want how many times a year the salary is paid, 1 to %d", maxPayPeriods))
		}
		if s.Field != "" {
			report(key+"field", "goes with source extension only")
		}
	case SalaryExtension:
		if !extensionCode.MatchString(s.Field) {
			report(key+"field", wantExtension)
		}
		if s.Periods != 0 {
			report(key+"periods", "goes with source compensation only: a custom field holds the annual amount")
		}
	case "":
		if s != (AnnualSalary{}) {
			report(key+"source", "want compensation or extension")
		}
	default:
		report(key+"source", "want compensation or extension")
	}
}

// parseURL returns the address of a tenant, or what is wrong with it. The text itself
// is not repeated: it may hold a password.
func parseURL(s string) (u *url.URL, fault string) {
	const want = "want the address of the tenant, such as https://acme.ilucca.net"
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "":
		return nil, want
	case !httpapi.Private(u):
		return nil, "want https: the API key travels with every request"
	case u.User != nil:
		return nil, want + ", without a user or password"
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return nil, want + ", without a path or query"
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, ""
}

// requestsPerMinute is the configured bound or the default.
func (c Config) requestsPerMinute() int {
	if c.RequestsPerMinute <= 0 {
		return defaultRequestsPerMinute
	}
	return c.RequestsPerMinute
}

// extensionCodes are the custom fields that may be asked for, by lower-case code.
func (c Config) extensionCodes() map[string]string {
	codes := make(map[string]string, len(c.Extensions)+1)
	for _, code := range c.Extensions {
		codes[strings.ToLower(code)] = code
	}
	if code := c.AnnualSalary.Field; code != "" {
		codes[strings.ToLower(code)] = code
	}
	return codes
}
