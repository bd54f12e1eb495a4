package rendering

import (
	"time"

	"counsel/domain/jobs"
)

// RenderBatch are the arguments of the job that renders the files of a batch.
type RenderBatch struct {
	Items []Request `json:"items"`
}

// Kind is documents.render_batch.
func (RenderBatch) Kind() string { return "documents.render_batch" }

// formerBatchKind is the kind of rows that earlier versions inserted.
const formerBatchKind = "docs.render-batch"

const batchMaxAttempts = 10

// registerJobs registers the workers of this package's jobs.
func (s *Service) registerJobs() {
	jobs.Register(s.jobs, jobs.Worker[RenderBatch]{
		Work: s.renderBatch, MaxAttempts: batchMaxAttempts, Timeout: 30 * time.Minute, RedactResult: s.redactResult,
	}, formerBatchKind)
}
