package main

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"lucca-exchange/internal/sandbox"
)

// sizeOfSample is that of the company of "night": establishments of some hundred people.
const sizeOfSample = 900

// nights are what an import into Lucca, or a lost right, may do to a company in one evening.
var nights = map[string]func(*sandbox.Company){
	"ordinary": func(*sandbox.Company) {},
	"managers emptied": func(c *sandbox.Company) {
		for i := range c.Users {
			c.Users[i].ManagerID = 0
		}
	},
	"one department for most": func(c *sandbox.Company) {
		for i := range c.Users {
			if i%10 > 0 {
				c.Users[i].DepartmentID = 27 // Support, three levels down
			}
		}
	},
	"numbers shifted by a row": func(c *sandbox.Company) {
		first := c.Users[0].EmployeeNumber
		for i := range c.Users[1:] {
			c.Users[i].EmployeeNumber = c.Users[i+1].EmployeeNumber
		}
		c.Users[len(c.Users)-1].EmployeeNumber = first
	},
	"pay tenfold": func(c *sandbox.Company) {
		for i := range c.Users {
			for k := range c.Users[i].Pay {
				c.Users[i].Pay[k].Cents *= 10
			}
		}
	},
	"one mail in twenty changed": func(c *sandbox.Company) {
		for i := 0; i < len(c.Users); i += 20 {
			if u := &c.Users[i]; u.Mail != "" {
				u.Mail = "new." + u.Mail
			}
		}
	},
	"one establishment gone": func(c *sandbox.Company) {
		c.Users = slices.DeleteFunc(c.Users, func(u sandbox.User) bool {
			return u.Applicable(c.Today).EstablishmentID == 3 && !slices.ContainsFunc(c.Users, func(r sandbox.User) bool { return r.ManagerID == u.ID })
		})
	},
}

// night, "night NAME", has Lucca hold what the sample company is after a night of that name.
// The first starts it at $LUCCA_URL.
func (w *world) night(ts *testscript.TestScript, args []string) error {
	happen, ok := nights[args[0]]
	if !ok {
		return fmt.Errorf("no night is called %q", args[0])
	}
	c := sandbox.NewCompany(sizeOfSample, 1, time.Now())
	happen(c)
	tenant := sandbox.New(c, sandbox.Options{RequestsPerMinute: -1, Keys: []sandbox.Key{keys()["LUCCA_API_KEY"]}})
	if w.front != nil {
		w.front.become(tenant)
		return nil
	}
	w.tenant, w.front = tenant, &front{tenant: tenant}
	server := httptest.NewServer(w.front)
	w.closers = append(w.closers, server.Close)
	ts.Setenv("LUCCA_URL", server.URL)
	return nil
}
