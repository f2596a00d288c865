package upkeep

import (
	"context"
	"log/slog"

	"lucca-exchange/internal/spool"
)

// Room bounds what the working files of an instance take. Where it is full, the files go of the
// oldest runs that are over and that spare lists; may be nil where there is no state.
func Room(folder string, most int64, spare func(context.Context) ([]string, error), logger *slog.Logger) *spool.Room {
	return &spool.Room{
		Folder: folder, Max: most,
		Spare: func() ([]string, error) {
			if spare == nil {
				return nil, nil
			}
			return spare(context.Background()) // whoever writes a file has no context to hand in
		},
		Went: func(runs []string, bytes int64) {
			logger.Warn("spool.full", "so", "the files of the oldest runs that are over were removed before retention.files",
				"runs", len(runs), "first", runs[0], "last", runs[len(runs)-1], "bytes", bytes)
		},
	}
}
