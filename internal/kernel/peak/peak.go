// Package peak measures how many multiply-adds a core does when nothing else holds it up: the
// yardstick of benchmarks. It has nothing to do with training.
package peak
