package text

import (
	"bytes"
	"compress/zlib"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"counsel/domain/documents"
)

func TestMeasure(t *testing.T) {
	dir, _ := os.UserCacheDir()
	r := NewIsolated(filepath.Join(dir, "counsel", "pdfium"), 2)
	defer r.Close()
	read := func(what, content string) {
		t.Helper()
		began := time.Now()
		done := make(chan struct{})
		peak := 0
		go func() {
			defer close(done)
			got, err := r.Pages(t.Context(), documents.PDF, strings.NewReader(content), int64(len(content)))
			n := 0
			for _, p := range got { n += len(p) }
			t.Logf("%s: %d bytes, %d pages, %d of text, %v, in %s", what, len(content), len(got), n, err, time.Since(began))
		}()
		for {
			select {
			case <-done:
				t.Logf("%s peak %d MB own %d", what, peak>>10, rssOf("self")>>10)
				return
			case <-time.After(5 * time.Millisecond):
				for _, pid := range children() {
					peak = max(peak, rssOf(pid))
				}
			}
		}
	}
	read("small", pdfOf("hello"))
	read("small", pdfOf("hello"))
	many := make([]string, 1500)
	for i := range many {
		many[i] = strings.Repeat("word ", 200)
	}
	read("many", pdfOf(many...))
	read("many", pdfOf(many...))
	bomb := func(mb int, fill string) string {
		var packed bytes.Buffer
		z, _ := zlib.NewWriterLevel(&packed, 9)
		for range mb {
			z.Write(bytes.Repeat([]byte(fill), 1<<20/len(fill)))
		}
		z.Close()
		return packed.String()
	}
	read("bomb 22", pdfWith("/Filter /FlateDecode", bomb(22, " ")))
	read("bomb 300", pdfWith("/Filter /FlateDecode", bomb(300, " ")))
	double := func(s string) string { var b bytes.Buffer; z, _ := zlib.NewWriterLevel(&b, 9); z.Write([]byte(s)); z.Close(); return b.String() }
	read("double bomb 300", pdfWith("/Filter [/FlateDecode /FlateDecode]", double(bomb(300, " "))))
	read("text bomb 20", pdfWith("/Filter [/FlateDecode /FlateDecode]", double(bomb(20, "BT /F1 12 Tf 72 720 Td (aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa) Tj ET "))))
	read("small", pdfOf("hello"))
}

func rssOf(pid string) int {
	b, _ := os.ReadFile("/proc/" + pid + "/status")
	for l := range strings.Lines(string(b)) {
		if strings.HasPrefix(l, "VmRSS:") {
			n, _ := strconv.Atoi(strings.Fields(l)[1])
			return n
		}
	}
	return 0
}

func children() (pids []string) {
	tasks, _ := os.ReadDir("/proc/self/task")
	for _, task := range tasks {
		b, _ := os.ReadFile("/proc/self/task/" + task.Name() + "/children")
		pids = append(pids, strings.Fields(string(b))...)
	}
	return pids
}
