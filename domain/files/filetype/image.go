package filetype

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	_ "image/jpeg" // for image.DecodeConfig
	_ "image/png"
	"io"
)

// maxPixels is the largest image that is accepted.
const maxPixels = 100_000_000

// checkImage checks that an image is complete and well-formed, without decoding its pixels, which
// could take a thousand times the memory of the file.
func checkImage(file io.ReaderAt, size int64, format string) error {
	c, found, err := image.DecodeConfig(io.NewSectionReader(file, 0, size))
	if err != nil || found != format {
		return invalid("is an image that cannot be read")
	}
	if c.Width <= 0 || c.Height <= 0 || int64(c.Width)*int64(c.Height) > maxPixels {
		return invalid("is an image with too many pixels")
	}
	r := bufio.NewReaderSize(io.NewSectionReader(file, 0, size), 64<<10)
	if format == "png" {
		err = walkPNG(r)
	} else {
		err = walkJPEG(r)
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return invalid("is an incomplete image")
	case errors.Is(err, errCorrupt):
		return invalid("is a damaged image")
	}
	return err
}

var errCorrupt = errors.New("filetype: the image is corrupt")

// walkPNG reads all chunks of a PNG and verifies their checksums.
func walkPNG(r *bufio.Reader) error {
	if _, err := r.Discard(8); err != nil {
		return err
	}
	for pixels := false; ; {
		var head [8]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return err
		}
		length, kind := binary.BigEndian.Uint32(head[:4]), string(head[4:])
		sum := crc32.NewIEEE()
		_, _ = sum.Write(head[4:]) // never fails
		if _, err := io.CopyN(sum, r, int64(length)); err != nil {
			return err
		}
		var want [4]byte
		if _, err := io.ReadFull(r, want[:]); err != nil {
			return err
		}
		if binary.BigEndian.Uint32(want[:]) != sum.Sum32() {
			return errCorrupt
		}
		switch kind {
		case "IDAT":
			pixels = true
		case "IEND":
			if !pixels {
				return errCorrupt
			}
			return nil
		}
	}
}

// walkJPEG reads the segments of a JPEG, and the entropy-coded data between them, to the end marker.
func walkJPEG(r *bufio.Reader) error {
	const (
		startOfImage, endOfImage, startOfScan = 0xD8, 0xD9, 0xDA
		restart0, restart7                    = 0xD0, 0xD7
		temporary                             = 0x01
	)
	for pixels, first := false, true; ; first = false {
		marker, err := nextMarker(r)
		if err != nil {
			return err
		}
		switch {
		case first != (marker == startOfImage): // it comes first, and only there
			return errCorrupt
		case marker == startOfImage, marker >= restart0 && marker <= restart7, marker == temporary:
			continue // they have no payload
		case marker == endOfImage:
			if !pixels {
				return errCorrupt
			}
			return nil
		}
		pixels = pixels || marker == startOfScan
		var length [2]byte
		if _, err := io.ReadFull(r, length[:]); err != nil {
			return err
		}
		n := int(binary.BigEndian.Uint16(length[:]))
		if n < 2 {
			return errCorrupt
		}
		if _, err := r.Discard(n - 2); err != nil {
			return err
		}
	}
}

// nextMarker skips entropy-coded data to the next marker of a JPEG: a byte after 0xFF that is neither
// 0, which escapes a data byte 0xFF, nor another 0xFF, which is padding.
func nextMarker(r *bufio.Reader) (byte, error) {
	for afterFF := false; ; {
		b, err := r.ReadByte()
		switch {
		case err != nil:
			return 0, err
		case b == 0xFF:
			afterFF = true
		case afterFF && b != 0:
			return b, nil
		default:
			afterFF = false
		}
	}
}
