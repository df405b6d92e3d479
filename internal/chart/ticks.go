package chart

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// ticks stand at multiples of 1, 2 or 5 times a power of ten, four to ten of them.
type ticks struct{}

func (ticks) Ticks(low, high float64) []plot.Tick {
	step := math.Pow(10, math.Floor(math.Log10((high-low)/4)))
	for _, larger := range []float64{5, 2} {
		if (high-low)/(larger*step) >= 4 {
			step *= larger
			break
		}
	}
	var all []plot.Tick
	for i := math.Ceil(low / step); i*step <= high; i++ {
		all = append(all, plot.Tick{Value: i * step, Label: short(i * step)})
	}
	return all
}

// short is a number with k or M for thousands and millions.
func short(x float64) string {
	unit := ""
	switch size := math.Abs(x); {
	case size >= 1e6:
		x, unit = x/1e6, "M"
	case size >= 1e4:
		x, unit = x/1e3, "k"
	}
	return strconv.FormatFloat(math.Round(x*1e6)/1e6, 'g', -1, 64) + unit
}
