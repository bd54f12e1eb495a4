package masking

import (
	"math/bits"

	"counsel/domain/langid"
)

// vocabulary is the set of dictionary words of German, French, Spanish, Portuguese, Italian and Dutch, as a Bloom
// filter: a word that is in no dictionary is taken for one with a probability of about 1 %. English words have
// lists of their own. Words are compared as the lexicon folds them.
type vocabulary []uint64

const vocabularyHashes = 5

// positions are the bits of a word: hash is that of its folded letters.
func (v vocabulary) positions(hash uint64, l langid.Language) (pos [vocabularyHashes]uint64) {
	h := chainHash(hash, uint64(l)+1)
	step := h<<32 | h>>32 | 1
	size := uint64(len(v)) * 64
	for i := range pos {
		pos[i], _ = bits.Mul64(h, size)
		h += step
	}
	return pos
}

func (v vocabulary) add(hash uint64, l langid.Language) {
	for _, p := range v.positions(hash, l) {
		v[p/64] |= 1 << (p % 64)
	}
}

func (v vocabulary) has(hash uint64, l langid.Language) bool {
	if len(v) == 0 {
		return false
	}
	h := chainHash(hash, uint64(l)+1)
	step := h<<32 | h>>32 | 1
	size := uint64(len(v)) * 64
	for range vocabularyHashes {
		p, _ := bits.Mul64(h, size)
		if v[p/64]&(1<<(p%64)) == 0 {
			return false
		}
		h += step
	}
	return true
}
