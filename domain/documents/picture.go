package documents

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

// maxPixels is the largest picture that is kept.
const maxPixels = 100_000_000

// checkPicture holds a picture against its format from its first byte to its last, without
// unpacking it: what is unpacked can be a thousand times what was sent.
func checkPicture(file io.ReaderAt, size int64, format string) error {
	c, found, err := image.DecodeConfig(io.NewSectionReader(file, 0, size))
	if err != nil || found != format {
		return refuse("is a picture that cannot be read")
	}
	if c.Width <= 0 || c.Height <= 0 || int64(c.Width)*int64(c.Height) > maxPixels {
		return refuse("is a picture with too many pixels")
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
		return refuse("is a picture that breaks off")
	case errors.Is(err, errDamaged):
		return refuse("is a picture that is damaged")
	}
	return err
}

var errDamaged = errors.New("documents: the picture is damaged")

// walkPNG reads the chunks of a PNG to its end and checks the checksum of each.
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
			return errDamaged
		}
		switch kind {
		case "IDAT":
			pixels = true
		case "IEND":
			if !pixels {
				return errDamaged
			}
			return nil
		}
	}
}

// walkJPEG reads the segments of a JPEG, and the pixels between them, to the mark of its end.
func walkJPEG(r *bufio.Reader) error {
	const (
		begin, end, scan = 0xD8, 0xD9, 0xDA
		restart0, last7  = 0xD0, 0xD7
	)
	for pixels, first := false, true; ; first = false {
		mark, err := nextMark(r)
		if err != nil {
			return err
		}
		switch {
		case first != (mark == begin): // at the beginning, and only there
			return errDamaged
		case mark == begin, mark >= restart0 && mark <= last7, mark == 1:
			continue // they hold nothing
		case mark == end:
			if !pixels {
				return errDamaged
			}
			return nil
		}
		pixels = pixels || mark == scan
		var length [2]byte
		if _, err := io.ReadFull(r, length[:]); err != nil {
			return err
		}
		n := int(binary.BigEndian.Uint16(length[:]))
		if n < 2 {
			return errDamaged
		}
		if _, err := r.Discard(n - 2); err != nil {
			return err
		}
	}
}

// nextMark passes over pixels to the next mark of a JPEG: what follows 0xFF, but for 0, which
// says that the 0xFF was a pixel's, and for further 0xFF, which fill.
func nextMark(r *bufio.Reader) (byte, error) {
	for after := false; ; {
		b, err := r.ReadByte()
		switch {
		case err != nil:
			return 0, err
		case b == 0xFF:
			after = true
		case after && b != 0:
			return b, nil
		default:
			after = false
		}
	}
}
