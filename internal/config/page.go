package config

import "lucca-exchange/internal/run"

// Page is the address of the console's page about a run, for those who are told of it: the plan of
// a held change, the inbox where candidates wait, else the run; for one without an id, the first
// page. It is empty without web.public_url, and never holds a value of anybody.
func (c *Config) Page(r run.Run) string {
	if c.Web == nil {
		return ""
	}
	switch {
	case r.ID == "":
		return c.Web.Page("/")
	case r.Outcome == run.Held && r.Kind != run.Export:
		return c.Web.Page("/runs/" + r.ID + "/plan")
	case r.Outcome == run.Rejections && r.Kind == run.Hires:
		return c.Web.Page("/hires")
	default:
		return c.Web.Page("/runs/" + r.ID)
	}
}
