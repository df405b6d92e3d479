package metrics

import (
	"encoding/binary"
	"hash/crc32"
	"io"
	"math"
	"time"
)

// TensorBoard is a sink that writes an event file: TFRecord frames around protocol buffers of type
// tensorflow.Event, one per row with a scalar per known value.
type TensorBoard struct {
	file  io.WriteCloser
	names []string
	event []byte
	frame []byte
}

// NewTensorBoard returns a sink that writes to file, and closes it. TensorBoard takes files whose names
// contain "tfevents".
func NewTensorBoard(file io.WriteCloser, names []string) *TensorBoard {
	return &TensorBoard{file: file, names: names}
}

// Begin writes the header, which is an event; it is not called for a file that has one already.
func (t *TensorBoard) Begin(start time.Time) error {
	t.begin(start, 0)
	t.event = appendText(t.event, 3, "brain.Event:2") // file_version
	return t.end()
}

// Write appends an event with the row's known values.
func (t *TensorBoard) Write(r Row) error {
	var summary, value []byte
	for i, v := range r.Values {
		if math.IsNaN(v) {
			continue
		}
		value = appendText(value[:0], 1, t.names[i]) // tag
		value = appendKey(value, 2, fixed32)         // simple_value
		value = binary.LittleEndian.AppendUint32(value, math.Float32bits(float32(v)))
		summary = appendText(summary, 1, string(value)) // value
	}
	t.begin(r.Time, r.Step)
	t.event = appendText(t.event, 5, string(summary))
	return t.end()
}

// Close closes the file.
func (t *TensorBoard) Close() error { return t.file.Close() }

// begin starts an event with its wall_time and step.
func (t *TensorBoard) begin(at time.Time, step uint64) {
	t.event = appendKey(t.event[:0], 1, fixed64)
	t.event = binary.LittleEndian.AppendUint64(t.event, math.Float64bits(float64(at.UnixMicro())/1e6))
	t.event = appendKey(t.event, 2, varint)
	t.event = binary.AppendUvarint(t.event, step)
}

// end writes the event as a TFRecord: length, its checksum, data, its checksum.
func (t *TensorBoard) end() error {
	b := binary.LittleEndian.AppendUint64(t.frame[:0], uint64(len(t.event)))
	b = binary.LittleEndian.AppendUint32(b, maskedCRC(b))
	b = append(b, t.event...)
	t.frame = binary.LittleEndian.AppendUint32(b, maskedCRC(t.event))
	_, err := t.file.Write(t.frame)
	return err
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// maskedCRC is TFRecord's checksum: CRC-32C rotated right by 15 bits plus a constant, so that the
// checksum of data that holds checksums is sound.
func maskedCRC(b []byte) uint32 {
	c := crc32.Checksum(b, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}

// Wire types of protocol buffers.
const (
	varint  = 0
	fixed64 = 1
	length  = 2
	fixed32 = 5
)

func appendKey(b []byte, field, wire uint64) []byte { return binary.AppendUvarint(b, field<<3|wire) }

func appendText(b []byte, field uint64, s string) []byte {
	b = binary.AppendUvarint(appendKey(b, field, length), uint64(len(s)))
	return append(b, s...)
}
