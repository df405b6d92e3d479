package algo

import "math"

// HalfSquare is ½d² and its slope; with huber, beyond |d| = 1, it is |d| − ½, whose slope is ±1.
func HalfSquare(d float32, huber bool) (loss float64, slope float32) {
	if huber && (d > 1 || d < -1) {
		return math.Abs(float64(d)) - 0.5, min(max(d, -1), 1)
	}
	return 0.5 * float64(d) * float64(d), d
}
