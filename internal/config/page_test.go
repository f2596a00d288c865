package config_test

import (
	"testing"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/web"
)

// TestPage is where each end of a run is looked at.
func TestPage(t *testing.T) {
	t.Parallel()
	const at = "https://exchange.acme.example"
	c := &config.Config{Common: config.Common{Web: &web.Config{PublicURL: at + "/"}}}
	for _, tt := range []struct {
		r    run.Run
		want string
	}{
		{run.Run{}, "/"},
		{run.Run{ID: "r1", Kind: run.Import, Result: run.Result{Outcome: run.Held}}, "/runs/r1/plan"},
		{run.Run{ID: "r1", Kind: run.Hires, Result: run.Result{Outcome: run.Held}}, "/runs/r1/plan"},
		{run.Run{ID: "r1", Kind: run.Export, Result: run.Result{Outcome: run.Held}}, "/runs/r1"},
		{run.Run{ID: "r1", Kind: run.Hires, Result: run.Result{Outcome: run.Rejections}}, "/hires"},
		{run.Run{ID: "r1", Kind: run.Import, Result: run.Result{Outcome: run.Rejections}}, "/runs/r1"},
		{run.Run{ID: "r1", Kind: run.Hires, Result: run.Result{Outcome: run.Failed}}, "/runs/r1"},
	} {
		if got := c.Page(tt.r); got != at+tt.want {
			t.Errorf("%s %s: %s, want %s", tt.r.Kind, tt.r.Outcome, got, at+tt.want)
		}
	}
	for _, c := range []*config.Config{{}, {Common: config.Common{Web: new(web.Config)}}} {
		if got := c.Page(run.Run{ID: "r1"}); got != "" {
			t.Errorf("without an address there is the page %s", got)
		}
	}
}
