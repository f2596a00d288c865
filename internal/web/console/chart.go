package console

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// spark is the last runs of a flow as bars, the oldest on the left: what they did by colour and
// height, and the same as a list for whoever does not see it.
type spark struct {
	Width int
	Bars  []bar
}

type bar struct {
	X, Y, Height int
	Outcome      run.Outcome
	Run          string
	Started      string
}

const (
	sparkHeight = 24
	barWidth    = 6
)

// sparkOf draws runs, which come with the newest first. A run that did something is higher
// than one that had nothing to do.
func sparkOf(runs []state.Record) spark {
	var s spark
	for _, r := range slices.Backward(runs) {
		if r.Outcome == "" {
			continue
		}
		h := sparkHeight
		if r.Outcome == run.Nothing || r.Outcome == run.Canceled {
			h = sparkHeight / 3
		}
		s.Bars = append(s.Bars, bar{X: s.Width, Y: sparkHeight - h, Height: h, Outcome: r.Outcome, Run: r.ID})
		s.Width += barWidth
	}
	return s
}

// limitBar is a limit as a bar against its bound.
type limitBar struct {
	run.Limit
	// Share is how much of the track is filled, Mark where the bound is, of 200; Drawn says
	// that both are numbers.
	Share, Mark int
	Drawn       bool
}

// limitBars draws limits. The track is twice the bound, or as long as the value where that is
// more.
func limitBars(limits []run.Limit) []limitBar {
	const track = 200
	bars := make([]limitBar, 0, len(limits))
	for _, l := range limits {
		b := limitBar{Limit: l}
		value, ok := magnitude(l.Value)
		bound, bounded := magnitude(l.Bound)
		if whole := max(2*bound, value); ok && bounded && whole > 0 {
			b.Share, b.Mark, b.Drawn = int(math.Round(track*value/whole)), int(math.Round(track*bound/whole)), true
		}
		bars = append(bars, b)
	}
	return bars
}

// magnitude reads the number at the beginning of a limit's value, such as 12.5% or 3 people.
func magnitude(s string) (float64, bool) {
	end := strings.IndexFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if end < 0 {
		end = len(s)
	}
	n, err := strconv.ParseFloat(s[:end], 64)
	return n, err == nil
}

func appendPoint(points []byte, x, y int) []byte {
	if len(points) > 0 {
		points = append(points, ' ')
	}
	points = strconv.AppendInt(points, int64(x), 10)
	points = append(points, ',')
	return strconv.AppendInt(points, int64(y), 10)
}
