package inspect

import (
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
)

// overtakenRun is what explain says of a held run of a flow, and of the run that was done with a newer
// file.
func overtakenRun(held run.Run, by string, f config.Flow) Overtaken {
	full, dropped := f.Import != nil && f.Import.Mode == plan.Full, f.From != ""
	return Overtaken{Run: held.ID, By: by, ToDo: explain.Overtaken(held, full, dropped), Left: explain.Left(held, full, dropped)}
}
