package text

import (
	"syscall"

	"github.com/tetratelabs/wazero/experimental"
)

// memory gives PDFium its memory: addresses for the most it may have, of which it gets what it
// asks for. wazero's own copies the whole each time it grows, and holds several times as much.
type memory struct {
	exhausted bool // it asked for more than it may have
}

// Allocate fulfils experimental.MemoryAllocator.
func (m *memory) Allocate(_, most uint64) experimental.LinearMemory {
	b, err := syscall.Mmap(-1, 0, int(most), syscall.PROT_NONE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		return &linear{memory: m} // it can give nothing
	}
	return &linear{memory: m, addresses: b}
}

type linear struct {
	memory    *memory
	addresses []byte
	size      uint64
}

// Reallocate fulfils experimental.LinearMemory. The addresses stay.
func (l *linear) Reallocate(size uint64) []byte {
	if size > min(maxMemory, uint64(len(l.addresses))) {
		l.memory.exhausted = true
		return nil
	}
	if size > l.size {
		if err := syscall.Mprotect(l.addresses[:size], syscall.PROT_READ|syscall.PROT_WRITE); err != nil {
			l.memory.exhausted = true
			return nil
		}
		l.size = size
	}
	return l.addresses[:size:size]
}

// Free fulfils experimental.LinearMemory.
func (l *linear) Free() {
	if l.addresses != nil {
		_ = syscall.Munmap(l.addresses)
		l.addresses, l.size = nil, 0
	}
}
