package files_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"counsel/domain"
	"counsel/domain/files"
	"counsel/domain/isolation"
	"counsel/domain/text"
	"counsel/sandbox/testkit"
)

func TestUnreadableText(t *testing.T) {
	f := newFixture(t)
	d := f.upload(f.ada, "a.pdf", pdf("some words"))
	f.store.Before = func(string, string) error { return files.StorageUnavailable(time.Second, errors.New("down")) }
	wantCode(t, f.ExtractTexts(t.Context()), domain.Unavailable)
	state := func() files.TextState {
		got, err := f.Get(t.Context(), f.ada, d.ID)
		testkit.Must(t, err)
		return got.Text
	}
	if state() != files.TextPending {
		t.Errorf("with the store down, the text is %s", state())
	}
	f.store.Before = nil
	f.extractor.Extractor = fakeExtractor{err: errors.New("cannot")}
	for range 10 {
		testkit.Must(t, f.ExtractTexts(t.Context()))
	}
	if got, err := f.Get(t.Context(), f.ada, d.ID); err != nil || got.Text != files.TextUnreadable || got.TextError != files.TextFailed {
		t.Errorf("a text that cannot be extracted is %s: %s, %v", got.Text, got.TextError, err)
	}
	for fault, want := range map[error]files.TextError{isolation.ErrMemory: files.TextTooMuchMemory, isolation.ErrTimeout: files.TextTooSlow} {
		d = f.upload(f.ada, "b.pdf", pdf("some words"))
		f.extractor.Extractor = fakeExtractor{err: fault}
		testkit.Must(t, f.ExtractTexts(t.Context()))
		if got, err := f.Get(t.Context(), f.ada, d.ID); err != nil || got.Text != files.TextUnreadable || got.TextError != want {
			t.Errorf("after %v it is %s: %s, %v", fault, got.Text, got.TextError, err)
		}
	}
}

// stuckExtractor blocks until its context ends, if the first page contains "stuck".
type stuckExtractor struct{ fakeExtractor }

func (s stuckExtractor) Pages(ctx context.Context, contentType string, file io.ReaderAt, size int64) (text.Text, error) {
	out, err := s.fakeExtractor.Pages(ctx, contentType, file, size)
	if err == nil && strings.Contains(out.Pages[0], "stuck") {
		<-ctx.Done()
		return text.Text{}, ctx.Err()
	}
	return out, err
}

// TestSlowExtraction checks that a slow file does not block other files.
func TestSlowExtraction(t *testing.T) {
	f := newFixture(t, func(c *files.Config) { c.ExtractionWorkers = 2 })
	f.extractor.Extractor = stuckExtractor{}
	slow := f.upload(f.ada, "slow.pdf", pdf("stuck"))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.Run(ctx)
	}()
	deadline := time.Now().Add(time.Minute)
	for i := range 30 {
		d := f.upload(f.ada, "a.pdf", pdf("some words"))
		for {
			got, err := f.Get(t.Context(), f.ada, d.ID)
			testkit.Must(t, err)
			if got.Text == files.TextIndexed {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("file %d waits for the slow file", i)
			}
		}
	}
	if got, err := f.Get(t.Context(), f.ada, slow.ID); err != nil || got.Text != files.TextPending {
		t.Errorf("the slow file is %s, %v", got.Text, err)
	}
	cancel()
	<-done
}

// TestExtractionCrash checks that a file that crashes the process is attempted only a few times.
func TestExtractionCrash(t *testing.T) {
	f := newFixture(t)
	d := f.upload(f.ada, "a.pdf", pdf("some words"))
	attempts := 0
	for range 20 {
		ctx, crash := context.WithCancel(t.Context())
		f.extractor.Extractor = crashingExtractor{func() { attempts++; crash() }}
		if err := f.ExtractTexts(ctx); err == nil {
			break
		}
	}
	if got, err := f.Get(t.Context(), f.ada, d.ID); err != nil || got.Text != files.TextUnreadable || attempts < 2 || attempts > 10 {
		t.Errorf("after %d attempts it is %s, %v", attempts, got.Text, err)
	}
}

// crashingExtractor simulates a crash of the process.
type crashingExtractor struct{ crash func() }

func (c crashingExtractor) Pages(ctx context.Context, _ string, _ io.ReaderAt, _ int64) (text.Text, error) {
	c.crash()
	return text.Text{}, ctx.Err()
}

// TestRun checks that Run extracts the texts of new uploads and ends with its context.
func TestRun(t *testing.T) {
	f := newFixture(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.Run(ctx)
	}()
	d := f.upload(f.ada, "a.pdf", pdf("some words"))
	deadline := time.Now().Add(20 * time.Second)
	for {
		got, err := f.Get(t.Context(), f.ada, d.ID)
		testkit.Must(t, err)
		if got.Text == files.TextIndexed {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the text was not extracted")
		}
	}
	cancel()
	<-done
}
