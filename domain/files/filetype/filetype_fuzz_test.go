package filetype

import (
	"archive/zip"
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
	"time"

	"counsel/domain"
)

// FuzzDetect: the type of any file is detected quickly, or the file is rejected as invalid.
func FuzzDetect(f *testing.F) {
	var b bytes.Buffer
	img := image.NewGray(image.Rect(0, 0, 8, 8))
	if png.Encode(&b, img) == nil {
		f.Add(bytes.Clone(b.Bytes()))
	}
	b.Reset()
	if jpeg.Encode(&b, img, nil) == nil {
		f.Add(bytes.Clone(b.Bytes()))
	}
	b.Reset()
	z := zip.NewWriter(&b)
	for _, name := range []string{"[Content_Types].xml", "word/document.xml"} {
		if w, err := z.Create(name); err == nil {
			_, _ = w.Write([]byte(strings.Repeat("<a>", 1000)))
		}
	}
	_ = z.Close()
	f.Add(b.Bytes())
	f.Add([]byte("%PDF-1.7\nstartxref\n0\n%%EOF"))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, b []byte) {
		start := time.Now()
		contentType, err := Detect(bytes.NewReader(b), int64(len(b)))
		if err == nil && !Supported(contentType) || err != nil && domain.CodeOf(err) != domain.Invalid {
			t.Errorf("detected as %q, %v", contentType, err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("took %s", took)
		}
	})
}
