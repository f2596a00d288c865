package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lucca-exchange/internal/demo"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/run"
)

// sandboxAddress is where the stand-in listens if nothing else is said.
const sandboxAddress = "127.0.0.1:8480"

func sandboxCommand(s *cli) *cobra.Command {
	var o demo.TenantOptions
	var off, ends []string
	c := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve a stand-in for a Lucca tenant with an invented company",
		Long: `Serve a stand-in for a Lucca tenant, with an invented company, until it is interrupted: for
trials without a tenant. It answers as Lucca does, its limit of 50 requests a minute
included: API v3 and v4 to the API key, the Lucca API (v5) to the OAuth client.

It is as strict as Lucca's public pages: pages of 100 where they say so, no list of
departments in API v3. The flags make it another Lucca; POST /_sandbox/faults makes it fail
on purpose.`,
		Args: cobra.NoArgs,
		RunE: command(func(cmd *cobra.Command, _ []string) error {
			if o.Employees < demo.MinSize {
				return fault.Of(run.ErrUsage, "--employees: want at least %d, so that each special case is there", demo.MinSize)
			}
			var err error
			if o.Off, err = routesOff(off); err != nil {
				return err
			}
			if o.Ends, err = routesEnding(ends); err != nil {
				return err
			}
			return demo.ServeTenant(cmd.Context(), o, func(url string) {
				fmt.Fprintf(s.stdout, "url: %s\napi_key: %s\nclient_id: %s\nclient_secret: %s\ntoken_url: %s%s\n",
					url, demo.Key, demo.ClientID, demo.ClientSecret, url, demo.TokenPath)
			})
		}),
	}
	c.Flags().IntVar(&o.Employees, "employees", 300, "`NUMBER` of people in the company, former ones included")
	c.Flags().StringVar(&o.Listen, "listen", sandboxAddress, "`ADDRESS` to listen on")
	c.Flags().BoolVar(&o.V3Departments, "v3-departments", false, "serve the list of departments of API v3, as before September 2026")
	c.Flags().IntVar(&o.PageLimit, "page-limit", 0, "highest `LIMIT` of the lists of API v4, such as 50")
	c.Flags().StringArrayVar(&off, "off", nil, "`PATH[=STATUS]` of a route that is not served, such as /api/v3/roles=403; 404 if left out")
	c.Flags().StringArrayVar(&ends, "ends", nil, "`PATH=DATE` of a route that is announced to end, such as /api/v3/users=2027-03-31")
	return c
}

func routesOff(flags []string) (map[string]int, error) {
	off := make(map[string]int)
	for _, flag := range flags {
		path, text, found := strings.Cut(flag, "=")
		status := http.StatusNotFound
		if found {
			n, err := strconv.Atoi(text)
			if err != nil || n < 300 || n > 499 {
				return nil, fault.Of(run.ErrUsage, "--off: want a status from 300 to 499 after =")
			}
			status = n
		}
		off[path] = status
	}
	return off, nil
}

func routesEnding(flags []string) (map[string]time.Time, error) {
	ends := make(map[string]time.Time)
	for _, flag := range flags {
		path, text, _ := strings.Cut(flag, "=")
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return nil, fault.Of(run.ErrUsage, "--ends: want PATH=DATE, such as /api/v3/users=2027-03-31")
		}
		ends[path] = day
	}
	return ends, nil
}
