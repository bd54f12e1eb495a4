package s3disk

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"time"
)

// attributes stand behind the content in an object's file, as JSON and the length of the JSON.
type attributes struct {
	Key      string            `json:"key"`
	MD5      string            `json:"md5"`      // of the content, hexadecimal
	Metadata map[string]string `json:"metadata"` // headers, Last-Modified among them

	size int64 // of the content
}

var errDamaged = errors.New("the file is damaged")

// footerSize is the size of the JSON's length.
const footerSize = 8

// fileName is the name of an object's file: any key makes a valid one.
func fileName(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

func (a *attributes) modified() time.Time {
	t, _ := http.ParseTime(a.Metadata["Last-Modified"])
	return t
}

// encode appends a to the content in f.
func (a *attributes) encode(f *os.File) error {
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	_, err = f.Write(binary.BigEndian.AppendUint64(b, uint64(len(b))))
	return err
}

func decodeAttributes(f *os.File) (a attributes, err error) {
	info, err := f.Stat()
	if err != nil {
		return a, err
	}
	end := info.Size() - footerSize
	if end < 0 {
		return a, errDamaged
	}
	footer := make([]byte, footerSize)
	if _, err := f.ReadAt(footer, end); err != nil {
		return a, err
	}
	length := binary.BigEndian.Uint64(footer)
	if length > uint64(end) {
		return a, errDamaged
	}
	b := make([]byte, length)
	if _, err := f.ReadAt(b, end-int64(length)); err != nil {
		return a, err
	}
	if err := json.Unmarshal(b, &a); err != nil {
		return a, errors.Join(errDamaged, err)
	}
	a.size = end - int64(length)
	return a, nil
}
