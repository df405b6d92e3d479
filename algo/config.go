package algo

import "fmt"

// Between is an error that names the key unless least ≤ value ≤ most.
func Between[T int | uint64 | float32](key string, value, least, most T) error {
	if value >= least && value <= most {
		return nil
	}
	return fmt.Errorf("%s is %v, must be between %v and %v", key, value, least, most)
}

// OrElse is *x, or otherwise where there is none.
func OrElse(x *float32, otherwise float32) float32 {
	if x == nil {
		return otherwise
	}
	return *x
}
