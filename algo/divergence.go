package algo

// Divergence is the error of learning that has run away: a loss or parameters that are not finite.
type Divergence string

func (d Divergence) Error() string { return string(d) }
