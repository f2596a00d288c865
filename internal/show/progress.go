package show

import (
	"io"
	"time"

	"lucca-exchange/internal/run"

	"github.com/schollz/progressbar/v3"
)

// Progress shows long steps on a terminal, by what they are called there; nil where nobody watches.
func Progress(w io.Writer, said func(english string) string) func(run.Progress) {
	if !IsTerminal(w) {
		return nil
	}
	var bar *progressbar.ProgressBar
	step := ""
	return func(p run.Progress) {
		total := p.Total
		if total == 0 {
			total = -1
		}
		if bar == nil || p.Step != step {
			step = p.Step
			bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(said(step)),
				progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
		}
		// A progress bar that cannot be drawn is no reason to stop.
		_ = bar.Set64(p.Done)
	}
}
