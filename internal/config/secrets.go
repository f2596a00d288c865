package config

import (
	"fmt"
	"reflect"
	"strings"

	"lucca-exchange/internal/secret"
)

// Secrets are all the references to secrets of the configuration: whoever is shown one may say it
// back.
func (c *Config) Secrets() []secret.Ref {
	refs := secretsOf(c.Web)
	for _, tenant := range c.Tenants {
		refs = append(refs, secretsOf(tenant)...)
	}
	for _, r := range c.Remotes {
		refs = append(refs, r.Secrets...)
	}
	for _, n := range c.Notify {
		refs = append(refs, n.Secrets...)
	}
	for _, f := range c.Flows {
		for _, part := range []any{f.Hires, f.Wrap, f.Unwrap} {
			refs = append(refs, secretsOf(part)...)
		}
	}
	return refs
}

// checkSecrets tries every reference below a struct, and reports those that cannot be read.
func checkSecrets(d *document, section any, path string) {
	if d.sealed {
		return
	}
	eachSecret(reflect.ValueOf(section), path, func(at string, ref secret.Ref) {
		if ref.Validate() != nil {
			return // whose section it is tells of it
		}
		if _, err := ref.Resolve(); err != nil {
			d.fault(at, "%v", err)
		}
	})
}

// secretsOf are the references to secrets in a struct and below it.
func secretsOf(section any) (refs []secret.Ref) {
	eachSecret(reflect.ValueOf(section), "", func(_ string, ref secret.Ref) { refs = append(refs, ref) })
	return refs
}

// eachSecret visits the references that are set in a value and below it, each with its path.
func eachSecret(v reflect.Value, path string, visit func(at string, ref secret.Ref)) {
	for v.Kind() == reflect.Pointer {
		v = v.Elem() // no value at all where it is nil
	}
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			eachSecret(v.Index(i), fmt.Sprintf("%s[%d]", path, i), visit)
		}
	case reflect.Struct:
		if ref, ok := reflect.TypeAssert[secret.Ref](v); ok {
			if !ref.IsZero() {
				visit(path, ref)
			}
			return
		}
		for f, field := range v.Fields() {
			if !f.IsExported() {
				continue
			}
			at := path
			if key, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); key != "" { // else it is inline
				at = join(path, key)
			}
			eachSecret(field, at, visit)
		}
	}
}
