package env

import "image"

// Renderer is an environment that can be seen. [RendererOf] finds it below wrappers.
type Renderer interface {
	// Render draws what the environment is in now, at an episode's end too, into dst if that has the size of
	// its pictures, else into a new picture, and returns it. Drawing changes nothing.
	Render(dst *image.RGBA) (*image.RGBA, error)
	// FrameRate is the number of steps a second at which the environment moves as fast as it is meant to.
	FrameRate() float64
}

// Wrapper is an environment around another one.
type Wrapper interface {
	Environment
	Unwrap() Environment
}

// RendererOf returns the Renderer that e is, or that it wraps; ok: there is one.
func RendererOf(e Environment) (r Renderer, ok bool) {
	steps := 1 // of the innermost environment in one of e
	for {
		if r, ok = e.(Renderer); ok {
			return slowed(r, steps), true
		}
		if a, ok := e.(interface{ repeats() int }); ok {
			steps *= a.repeats()
		}
		w, ok := e.(Wrapper)
		if !ok {
			return nil, false
		}
		e = w.Unwrap()
	}
}

// slowed is r when one step is that many of its own.
func slowed(r Renderer, steps int) Renderer {
	if steps == 1 {
		return r
	}
	return slowRenderer{Renderer: r, steps: float64(steps)}
}

type slowRenderer struct {
	Renderer
	steps float64
}

func (s slowRenderer) FrameRate() float64 { return s.Renderer.FrameRate() / s.steps }
