package flatchr

import (
	"net/url"
	"slices"
	"strings"

	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/httpapi"
	"lucca-exchange/internal/secret"
)

// DefaultURL is the root of Flatchr's API.
const DefaultURL = "https://api.flatchr.io"

// Config holds the keys of a hires flow that only Flatchr has.
type Config struct {
	Company string     `yaml:"company,omitempty" json:"company,omitempty" jsonschema:"description=key of the company (clé entreprise) in Flatchr under Configuration > Clés"`
	APIKey  secret.Ref `yaml:"api_key,omitempty" json:"api_key,omitzero" jsonschema:"description=API key of Flatchr: for the polling beside the webhook"`
	URL     string     `yaml:"url,omitempty" json:"url,omitempty" jsonschema:"default=https://api.flatchr.io,description=address of Flatchr's API"`
	// Columns replace the flag hired of Flatchr's own columns.
	Columns []string `yaml:"columns,omitempty" json:"columns,omitempty" jsonschema:"description=titles or ids of the columns that mean hired; those that Flatchr marks as hired if left out"`
}

// Polls reports whether Flatchr can be asked: webhooks alone need neither key.
func (c Config) Polls() bool { return c.Company != "" && !c.APIKey.IsZero() }

// Under returns the configuration with relative files resolved against dir.
func (c Config) Under(dir string) Config {
	c.APIKey = c.APIKey.Under(dir)
	return c
}

// Validate reports every fault with the key that it is about.
func (c Config) Validate(_ hire.Config, report func(key, message string)) {
	switch {
	case !c.APIKey.IsZero() && c.Company == "":
		report("company", "missing: the API key needs the company's key (clé entreprise) from Flatchr")
	case c.APIKey.IsZero() && c.Company != "":
		report("api_key", "missing: want {env: NAME} or {file: PATH}")
	case !c.APIKey.IsZero():
		if err := c.APIKey.Validate(); err != nil {
			report("api_key", err.Error())
		}
	}
	if strings.ContainsFunc(c.Company, notInKey) {
		report("company", "want the key of letters and digits that Flatchr shows, not an address or a name")
	}
	if _, fault := c.base(); fault != "" {
		report("url", fault)
	}
	if slices.ContainsFunc(c.Columns, func(s string) bool { return strings.TrimSpace(s) == "" }) {
		report("columns", "want titles or ids, none of them empty")
	}
}

func notInKey(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '_':
		return false
	default:
		return true
	}
}

// base returns the address of the API, or what is wrong with it.
func (c Config) base() (u *url.URL, fault string) {
	text := c.URL
	if text == "" {
		text = DefaultURL
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "":
		return nil, "want an address such as " + DefaultURL
	case !httpapi.Private(u):
		return nil, "want https: the API key travels with every request"
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, "want an address without user, query or fragment, such as " + DefaultURL
	}
	return u, ""
}
