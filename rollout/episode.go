package rollout

import (
	"encoding/binary"
	"math"
)

// EpisodeBytes is the size of an episode in bytes.
const EpisodeBytes = 24

// AppendBytes appends the episode to b: return, length and stream.
func (e Episode) AppendBytes(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(e.Return))
	b = binary.LittleEndian.AppendUint64(b, uint64(e.Length))
	return binary.LittleEndian.AppendUint64(b, uint64(e.Stream))
}

// EpisodeOf is the episode that AppendBytes wrote to the first EpisodeBytes of b.
func EpisodeOf(b []byte) Episode {
	return Episode{
		Return: math.Float64frombits(binary.LittleEndian.Uint64(b)),
		Length: int(binary.LittleEndian.Uint64(b[8:])), Stream: int(binary.LittleEndian.Uint64(b[16:])),
	}
}
