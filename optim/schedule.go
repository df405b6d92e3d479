package optim

// Schedule is the course of a learning rate over a run, by name.
type Schedule string

// The schedules.
const (
	Constant Schedule = "constant" // 1 throughout
	Linear   Schedule = "linear"   // from 1 at the start to 0 at the planned end, and 0 after it
)

// At is the factor, in [0,1], for the learning rate after step of total planned steps. A total of 0
// plans no end: the factor is 1.
func (s Schedule) At(step, total uint64) float32 {
	switch {
	case s != Linear || total == 0:
		return 1
	case step >= total:
		return 0
	}
	return float32(float64(total-step) / float64(total))
}
