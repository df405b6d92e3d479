package train

import "covey/rollout"

// windowSize is the number of episodes that a training return is the mean of.
const windowSize = 100

// window holds the latest training episodes.
type window struct {
	episodes [windowSize]rollout.Episode
	total    uint64 // ever added

	lowest, highest float64 // returns ever added
}

func (w *window) add(e rollout.Episode) {
	if w.total == 0 {
		w.lowest, w.highest = e.Return, e.Return
	}
	w.lowest, w.highest = min(w.lowest, e.Return), max(w.highest, e.Return)
	w.episodes[w.total%windowSize] = e
	w.total++
}

// latest are the episodes in the window, in no order.
func (w *window) latest() []rollout.Episode { return w.episodes[:min(w.total, windowSize)] }

func (w *window) full() bool { return w.total >= windowSize }

// mean is the mean return; NaN without episodes.
func (w *window) mean() float64 {
	var sum float64
	list := w.latest()
	for i := range list {
		sum += list[i].Return
	}
	return sum / float64(len(list))
}

// meanLength is the mean number of steps; NaN without episodes.
func (w *window) meanLength() float64 {
	sum := 0
	list := w.latest()
	for i := range list {
		sum += list[i].Length
	}
	return float64(sum) / float64(len(list))
}
