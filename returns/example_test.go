package returns_test

import (
	"fmt"

	"covey/returns"
)

// Four steps of one stream: an episode dies in the second row, and the last row is cut off by a time
// limit, whose final observation is worth 10.
func ExampleNStep() {
	var (
		rewards    = []float32{1, 1, 1, 1}
		next       = []float32{5, 0, 5, 10}
		terminated = []bool{false, true, false, false}
		truncated  = []bool{false, false, false, true}
		targets    = make([]float32, 4)
	)
	returns.NStep(targets, rewards, next, terminated, truncated, 0.5, 4, 1)
	fmt.Println(targets)
	// Output: [1.5 1 4 6]
}
