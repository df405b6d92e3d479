package main

import (
	"runtime"

	"covey/env"
	"covey/replay"
)

// memory is what a replay of Pendulum-v1's transitions takes.
type memory struct {
	Transitions int    // held
	Bytes       uint64 // of the heap
	Least       uint64 // that so many transitions need: an observation, action, reward and flags each
}

// Pendulum-v1's transitions.
const (
	observation, action = 3, 1
	episode             = 200
	leastBytes          = 4*observation + 4*action + 4 + 1
)

// measureReplay fills a replay with a million transitions of episodes that are cut off.
func measureReplay() memory {
	const capacity = 1_000_000
	spec := env.Spec{Observation: env.NewBox([]float32{-1, -1, -8}, []float32{1, 1, 8}), Action: env.NewBox([]float32{-2}, []float32{2})}
	before := heap()
	b := replay.New(spec, 1, capacity)
	obs, actions := env.MakeValues(spec.Observation, observation), make([]float32, action)
	b.Begin(obs)
	for step := 1; step <= capacity+episode; step++ {
		b.Add(actions, []env.Outcome{{Reward: -1, Truncated: step%episode == 0}}, obs, obs)
	}
	m := memory{Bytes: heap() - before, Transitions: b.Len(), Least: uint64(b.Len()) * leastBytes}
	runtime.KeepAlive(b)
	return m
}

// heap is the number of bytes in use once the garbage is gone.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
