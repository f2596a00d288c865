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

// checkSecrets tries every reference below a struct, and reports those that cannot be read.
func checkSecrets(d *document, v reflect.Value, path string) {
	if d.sealed {
		return
	}
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() == reflect.Slice {
		for i := range v.Len() {
			checkSecrets(d, v.Index(i), fmt.Sprintf("%s[%d]", path, i))
		}
		return
	}
	if v.Kind() != reflect.Struct {
		return
	}
	for f, field := range v.Fields() {
		key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if key == "" { // inline
			checkSecrets(d, field, path)
			continue
		}
		if ref, ok := reflect.TypeAssert[secret.Ref](field); ok && f.IsExported() {
			if ref.IsZero() || ref.Validate() != nil {
				continue
			}
			if _, err := ref.Resolve(); err != nil {
				d.fault(join(path, key), "%v", err)
			}
			continue
		}
		checkSecrets(d, field, join(path, key))
	}
}

// secretsOf are the references to secrets in a struct and below it.
func secretsOf(v reflect.Value) []secret.Ref {
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	var refs []secret.Ref
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			refs = append(refs, secretsOf(v.Index(i))...)
		}
	case reflect.Struct:
		if ref, ok := reflect.TypeAssert[secret.Ref](v); ok {
			if !ref.IsZero() {
				refs = append(refs, ref)
			}
			return refs
		}
		for f, field := range v.Fields() {
			if f.IsExported() {
				refs = append(refs, secretsOf(field)...)
			}
		}
	}
	return refs
}
