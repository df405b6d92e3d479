package covey

import (
	"context"
	"errors"
	"fmt"
	"image"

	"covey/env"
	"covey/policy"
	"covey/train"
)

// Record plays episodes of p one after another in an environment that create makes, and gives show a
// picture of each one's beginning and of each step, with the number of them a second. The picture is
// valid during the call. Played greedily, the episodes are those of [Evaluate] with the same seed.
func Record(ctx context.Context, p *policy.Policy, create func() (env.Environment, error), episodes int, seed uint64, sample bool,
	show func(picture *image.RGBA, rate float64) error,
) (*train.Evaluation, error) {
	var picture *image.RGBA
	e := train.NewEvaluator(create)
	result, err := e.Watch(ctx, p, episodes, seed, sample, func(x env.Environment) error {
		r, ok := env.RendererOf(x)
		if !ok {
			return fmt.Errorf("%s has no picture of itself", x.Spec().ID)
		}
		var err error
		if picture, err = r.Render(picture); err != nil {
			return fmt.Errorf("draw %s: %w", x.Spec().ID, err)
		}
		return show(picture, r.FrameRate())
	})
	return result, errors.Join(err, e.Close())
}
