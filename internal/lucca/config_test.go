package lucca_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/secret"
)

func valid() lucca.Config {
	return lucca.Config{
		URL:               "https://acme.ilucca.net",
		APIKey:            secret.Ref{Env: "LUCCA_API_KEY"},
		RequestsPerMinute: 45,
		ContractTypes:     map[int]string{1: "CDI", 2: "CDD"},
		Extensions:        map[string]string{"hr_manager": "e_hr_manager"},
		CostCenterAxes:    []int{3, 5},
		AnnualSalary:      lucca.AnnualSalary{Source: "compensation", Periods: 12},
	}
}

func TestValidateReportsEveryFaultByKey(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(*lucca.Config)
		want   []string
	}{
		{"a full section", func(*lucca.Config) {}, nil},
		{"the least", func(c *lucca.Config) {
			*c = lucca.Config{URL: "https://acme.ilucca.net/", APIKey: secret.Ref{File: "key"}}
		}, nil},
		{"nothing at all", func(c *lucca.Config) { *c = lucca.Config{} }, []string{"url", "api_key"}},
		{"an OAuth client instead of the key", func(c *lucca.Config) {
			c.APIKey, c.OAuth = secret.Ref{}, &lucca.OAuth{ClientID: secret.Ref{Env: "ID"}, ClientSecret: secret.Ref{File: "s"}}
		}, nil},
		{"an OAuth client beside the key", func(c *lucca.Config) {
			c.OAuth = &lucca.OAuth{ClientID: secret.Ref{Env: "ID"}, ClientSecret: secret.Ref{Env: "S"}, TokenURL: "http://127.0.0.1:8480/connect/token"}
		}, nil},
		{"half an OAuth client", func(c *lucca.Config) {
			c.APIKey, c.OAuth = secret.Ref{}, &lucca.OAuth{ClientID: secret.Ref{Env: "ID"}, TokenURL: "http://accounts.example/token"}
		}, []string{"oauth.client_secret", "oauth.token_url"}},
		{"a token address with a password", func(c *lucca.Config) {
			c.OAuth = &lucca.OAuth{ClientID: secret.Ref{Env: "ID"}, ClientSecret: secret.Ref{Env: "S"}, TokenURL: "https://u:p@accounts.example/token"}
		}, []string{"oauth.token_url"}},
		{"plain http", func(c *lucca.Config) { c.URL = "http://acme.ilucca.net" }, []string{"url"}},
		{"plain http on loopback", func(c *lucca.Config) { c.URL = "http://127.0.0.1:8080" }, nil},
		{"plain http on localhost", func(c *lucca.Config) { c.URL = "http://localhost:8080" }, nil},
		{"plain http on IPv6 loopback", func(c *lucca.Config) { c.URL = "http://[::1]:8080" }, nil},
		{"a host that only begins like loopback", func(c *lucca.Config) { c.URL = "http://127.0.0.1.example" }, []string{"url"}},
		{"a password in the address", func(c *lucca.Config) { c.URL = "https://u:p@acme.ilucca.net" }, []string{"url"}},
		{"a path", func(c *lucca.Config) { c.URL = "https://acme.ilucca.net/api/v3" }, []string{"url"}},
		{"a query", func(c *lucca.Config) { c.URL = "https://acme.ilucca.net?authToken=x" }, []string{"url"}},
		{"an empty query", func(c *lucca.Config) { c.URL = "https://acme.ilucca.net?" }, []string{"url"}},
		{"no scheme", func(c *lucca.Config) { c.URL = "acme.ilucca.net" }, []string{"url"}},
		{"the most requests", func(c *lucca.Config) { c.RequestsPerMinute = 50 }, nil},
		{"too many requests", func(c *lucca.Config) { c.RequestsPerMinute = 51 }, []string{"requests_per_minute"}},
		{"as many requests as one likes on loopback", func(c *lucca.Config) {
			c.URL, c.RequestsPerMinute = "http://localhost:1", 6000
		}, nil},
		{"no requests", func(c *lucca.Config) { c.RequestsPerMinute = -1 }, []string{"requests_per_minute"}},
		{"contract types", func(c *lucca.Config) {
			c.ContractTypes = map[int]string{0: "CDI", 4: " "}
		}, []string{"contract_types.0", "contract_types.4"}},
		{"custom fields", func(c *lucca.Config) {
			c.Extensions = map[string]string{"hr_manager": "hr_manager", "hourly_rate": "e_", "other": "e_a,id"}
		}, []string{"extensions.hourly_rate", "extensions.hr_manager", "extensions.other"}},
		{"axes", func(c *lucca.Config) { c.CostCenterAxes = []int{3, 0, 3} },
			[]string{"cost_center_axes[1]", "cost_center_axes[2]"}},
		{"a salary without periods", func(c *lucca.Config) { c.AnnualSalary.Periods = 0 }, []string{"annual_salary.periods"}},
		{"a salary with too many periods", func(c *lucca.Config) { c.AnnualSalary.Periods = 54 }, []string{"annual_salary.periods"}},
		{"a salary from both sources", func(c *lucca.Config) { c.AnnualSalary.Field = "e_salary" }, []string{"annual_salary.field"}},
		{"a salary from a custom field", func(c *lucca.Config) {
			c.AnnualSalary = lucca.AnnualSalary{Source: "extension", Field: "e_salary"}
		}, nil},
		{"a salary from no field", func(c *lucca.Config) {
			c.AnnualSalary = lucca.AnnualSalary{Source: "extension", Periods: 12}
		}, []string{"annual_salary.field", "annual_salary.periods"}},
		{"a salary without source", func(c *lucca.Config) { c.AnnualSalary.Source = "" }, []string{"annual_salary.source"}},
		{"a salary from elsewhere", func(c *lucca.Config) { c.AnnualSalary.Source = "payroll" }, []string{"annual_salary.source"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := valid()
			tt.change(&c)
			var got []string
			c.Validate(func(key, message string) {
				got = append(got, key)
				if message == "" {
					t.Errorf("%s: no message", key)
				}
			})
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("keys of the faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnderResolvesTheKeyFile(t *testing.T) {
	t.Parallel()
	c := lucca.Config{APIKey: secret.Ref{File: "lucca.key"}}
	if got, want := c.Under("/etc/exchange").APIKey.File, filepath.Join("/etc/exchange", "lucca.key"); got != want {
		t.Errorf("file = %q, want %q", got, want)
	}
}

func TestSettingsCarryTheCustomersAnswers(t *testing.T) {
	t.Parallel()
	day := roster.Date{Year: 2026, Month: 11, Day: 22}
	want := roster.Settings{
		Day:            day,
		ContractTypes:  map[int]string{1: "CDI", 2: "CDD"},
		Extensions:     map[string]string{"hr_manager": "e_hr_manager"},
		CostCenterAxes: []int{3, 5},
		PayPeriods:     12,
	}
	if diff := cmp.Diff(want, valid().Settings(day)); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, url, key string }{
		{"no address", "", "k"},
		{"a key over plain http", "http://acme.ilucca.net", "k"},
		{"no key", "https://acme.ilucca.net", ""},
		{"a key with a line end", "https://acme.ilucca.net", "canary\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := lucca.New(lucca.Options{Config: lucca.Config{URL: tt.url}, Key: secret.NewValue(tt.key)})
			if err == nil {
				t.Fatal("New accepts it")
			}
			requireNoCanary(t, err)
		})
	}
}
