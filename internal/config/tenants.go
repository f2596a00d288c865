package config

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"lucca-exchange/internal/account"
	"lucca-exchange/internal/lucca"
)

// commonFile is the file of a folder that holds what its tenants share.
const commonFile = "common.yaml"

// loadFolder reads a folder of configuration files, one per tenant.
func loadFolder(dir string, r Registry) (*Config, Faults) {
	shared := newLoader(filepath.Join(dir, commonFile), r)
	all := &Config{
		Remotes: make(map[string]Remote), Flows: make(map[string]Flow), Tenants: make(map[string]lucca.Config),
	}
	if _, err := os.Stat(shared.file); err == nil {
		shared.read(&all.Common)
	}
	shared.common(&all.Common)
	shared.faults.sort(shared.file)
	faults := shared.faults
	files, err := os.ReadDir(dir)
	files = slices.DeleteFunc(files, func(e os.DirEntry) bool { return filepath.Ext(e.Name()) != ".yaml" || e.Name() == commonFile })
	switch {
	case err != nil:
		faults = append(faults, Fault{File: dir, Message: account.ExplainReading(dir, err).Error()})
	case len(files) == 0:
		faults = append(faults, Fault{File: dir, Message: "there is no tenant: want a file for each, such as acme.yaml"})
	}
	urls := make(map[string]string)
	for _, e := range files {
		faults = append(faults, all.tenant(newLoader(filepath.Join(dir, e.Name()), r), urls)...)
	}
	if faults.Fatal() {
		return nil, faults
	}
	return all, faults
}

// tenant reads the file of one tenant and merges it in.
func (c *Config) tenant(l *loader, urls map[string]string) Faults {
	l.web = c.Web != nil
	name := strings.TrimSuffix(filepath.Base(l.file), filepath.Ext(l.file))
	if !flowName.MatchString(name) {
		l.fault("", "the file is named after its tenant: want a name of lower-case letters, digits, - and _")
	}
	var own Config
	if !l.read(&own) {
		return l.faults
	}
	for _, key := range set(own.Common) {
		l.fault(key, "belongs into %s: all tenants share it", commonFile)
	}
	l.check(&own)
	if other, taken := urls[own.Lucca.URL]; taken && own.Lucca.URL != "" {
		l.fault("lucca.url", "tenant %s has the same: put the flows of one Lucca tenant into one file, so that they share its limit on requests", other)
	}
	urls[own.Lucca.URL] = name
	c.merge(name, own)
	l.faults.sort(l.file)
	return l.faults
}

// set lists the keys of a struct that have a value.
func set(c Common) []string {
	var keys []string
	for f, v := range reflect.ValueOf(c).Fields() {
		if !v.IsZero() {
			key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			keys = append(keys, key)
		}
	}
	return keys
}

// merge takes in the sections of a tenant, under its name.
func (c *Config) merge(name string, own Config) {
	c.Tenants[name] = own.Lucca
	setDefault(&c.Timezone, own.Timezone)
	for key, r := range own.Remotes {
		c.Remotes[name+"/"+key] = r
	}
	for key, f := range own.Flows {
		f.Tenant = name
		for _, remote := range []*string{&f.To, &f.From} {
			if *remote != "" {
				*remote = name + "/" + *remote
			}
		}
		c.Flows[name+"/"+key] = f
	}
}

// TenantNames lists the tenants in order.
func (c *Config) TenantNames() []string {
	return slices.Sorted(maps.Keys(c.Tenants))
}
