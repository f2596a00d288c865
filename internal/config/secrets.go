package config

import (
	"reflect"

	"lucca-exchange/internal/secret"
)

// Secrets are all the references to secrets of the configuration: whoever is shown one may say it
// back.
func (c *Config) Secrets() []secret.Ref {
	refs := secretsOf(reflect.ValueOf(c.Web))
	for _, tenant := range c.Tenants {
		refs = append(refs, secretsOf(reflect.ValueOf(tenant))...)
	}
	for _, r := range c.Remotes {
		refs = append(refs, r.Secrets...)
	}
	for _, n := range c.Notify {
		refs = append(refs, n.Secrets...)
	}
	for _, f := range c.Flows {
		for _, part := range []any{f.Hires, f.Wrap, f.Unwrap} {
			refs = append(refs, secretsOf(reflect.ValueOf(part))...)
		}
	}
	return refs
}
