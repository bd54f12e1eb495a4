package extract

import (
	"syscall"

	"github.com/tetratelabs/wazero/experimental"
)

// allocator provides PDFium's linear memory. It reserves addresses for the maximum and commits pages
// as the memory grows. wazero's own allocator copies everything on each growth and holds several times
// as much.
type allocator struct {
	exhausted bool // PDFium asked for more than maxPDFiumMemory
}

// Allocate implements experimental.MemoryAllocator.
func (m *allocator) Allocate(_, most uint64) experimental.LinearMemory {
	b, err := syscall.Mmap(-1, 0, int(most), syscall.PROT_NONE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		return &linearMemory{allocator: m} // every Reallocate fails
	}
	return &linearMemory{allocator: m, reserved: b}
}

type linearMemory struct {
	allocator *allocator
	reserved  []byte
	size      uint64
}

// Reallocate implements experimental.LinearMemory. The memory is never moved.
func (l *linearMemory) Reallocate(size uint64) []byte {
	if size > min(maxPDFiumMemory, uint64(len(l.reserved))) {
		l.allocator.exhausted = true
		return nil
	}
	if size > l.size {
		if err := syscall.Mprotect(l.reserved[:size], syscall.PROT_READ|syscall.PROT_WRITE); err != nil {
			l.allocator.exhausted = true
			return nil
		}
		l.size = size
	}
	return l.reserved[:size:size]
}

// Free implements experimental.LinearMemory.
func (l *linearMemory) Free() {
	if l.reserved != nil {
		_ = syscall.Munmap(l.reserved)
		l.reserved, l.size = nil, 0
	}
}
