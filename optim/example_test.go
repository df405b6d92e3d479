package optim_test

import (
	"fmt"

	"covey/optim"
)

func Example() {
	cfg := optim.DefaultConfig()
	cfg.Kind = optim.KindSGD
	optimizer, err := optim.New(cfg, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	params := []float32{1, 1}
	for step := range uint64(4) {
		grad := []float32{3, 4}
		norm := optim.ClipNorm(grad, 2.5)
		optimizer.Step(params, grad, 0.5*optim.Linear.At(step, 4))
		fmt.Println(norm, params)
	}
	// Output:
	// 5 [0.25 0]
	// 5 [-0.3125 -0.75]
	// 5 [-0.6875 -1.25]
	// 5 [-0.875 -1.5]
}

func ExampleConfig_Validate() {
	cfg := optim.DefaultConfig()
	cfg.Beta2 = 1
	fmt.Println(cfg.Validate())
	// Output: beta2 is 1, must be at least 0 and less than 1
}
