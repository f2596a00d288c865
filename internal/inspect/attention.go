package inspect

import (
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
)

// whatToDo is what explain.Overtaken says of a held run of a flow.
func whatToDo(held run.Run, f config.Flow) string {
	return explain.Overtaken(held, f.Import != nil && f.Import.Mode == plan.Full, f.From != "")
}
