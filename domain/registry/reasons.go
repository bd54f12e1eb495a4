package registry

import (
	"time"

	"counsel/domain"
)

// Reasons of errors, for programs.
const (
	reasonUnavailable   = "registry_unavailable"
	reasonRateLimited   = "registry_rate_limited"
	reasonResponse      = "registry_response"
	reasonNotConfigured = "registry_not_configured"
)

// ErrUnavailable is the error for a register that cannot be asked now.
func ErrUnavailable(after time.Duration, err error) error {
	return &domain.Error{Code: domain.Unavailable, Reason: reasonUnavailable, Message: "The register cannot be reached right now, please try again.", RetryAfter: after, Err: err}
}

// ErrRateLimited is the error while the register's rate limit is used up.
func ErrRateLimited(after time.Duration, err error) error {
	return &domain.Error{Code: domain.Unavailable, Reason: reasonRateLimited, Message: "The register's rate limit is used up, please try again later.", RetryAfter: after, Err: err}
}

// ErrResponse is the error for an answer that cannot be read.
func ErrResponse(err error) error {
	return &domain.Error{Code: domain.Upstream, Reason: reasonResponse, Message: "The register sent an answer that cannot be read.", Err: err}
}

// ErrNotConfigured is the error for a register that this installation does not use.
func ErrNotConfigured() error {
	return &domain.Error{Code: domain.Unavailable, Reason: reasonNotConfigured, Message: "This register is not configured here."}
}
