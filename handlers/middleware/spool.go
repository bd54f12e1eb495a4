package middleware

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"time"

	"counsel/domain/files"
)

// spoolForm copies a form with a file into a temporary file, and returns it with a checksum over
// the form's parts. The checksum ignores the boundaries, which differ each time a form is sent.
func spoolForm(r *http.Request) (*os.File, []byte, error) {
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return nil, nil, FormError(err)
	}
	file, err := os.CreateTemp("", "counsel-form-")
	if err != nil {
		return nil, nil, files.StorageUnavailable(time.Minute, err)
	}
	if err := os.Remove(file.Name()); err != nil { // the file vanishes when it is closed, however the process ends
		return nil, nil, errors.Join(err, file.Close())
	}
	disk := &diskWriter{w: file}
	sum, err := formChecksum(io.TeeReader(r.Body, disk), params["boundary"])
	if err == nil {
		_, disk.err = file.Seek(0, io.SeekStart)
	}
	if disk.err != nil { // this server's disk is full or broken
		return nil, nil, errors.Join(files.StorageUnavailable(time.Minute, disk.err), file.Close())
	}
	if err != nil {
		return nil, nil, errors.Join(FormError(err), file.Close())
	}
	return file, sum, nil
}

// formChecksum reads a form to its end. It covers each part's name, file name and content.
func formChecksum(body io.Reader, boundary string) ([]byte, error) {
	sum := sha256.New()
	form := multipart.NewReader(body, boundary)
	for {
		part, err := form.NextRawPart()
		if errors.Is(err, io.EOF) {
			_, err = io.Copy(io.Discard, body) // what follows the last boundary
			return sum.Sum(nil), err
		}
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(sum, "%q %q", part.FormName(), part.FileName())
		content := sha256.New()
		if _, err := io.Copy(content, part); err != nil {
			return nil, err
		}
		sum.Write(content.Sum(nil))
	}
}

// diskWriter remembers an error of the disk, to distinguish it from one of the sender.
type diskWriter struct {
	w   io.Writer
	err error
}

func (d *diskWriter) Write(p []byte) (int, error) {
	n, err := d.w.Write(p)
	d.err = errors.Join(d.err, err)
	return n, err
}
