package masking

import (
	"errors"

	"counsel/domain"
)

// FieldError converts an error of Mask to one for the caller who sent the text in the field at pointer. It
// returns nil for nil.
func FieldError(err error, pointer string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrNotUTF8):
		return domain.InvalidField(pointer, "must be valid UTF-8")
	case errors.Is(err, ErrTooLong):
		return &domain.Error{Code: domain.TooLarge, Message: "The text is too long.", Err: err}
	}
	return &domain.Error{
		Code: domain.Internal, Message: "The text could not be checked for personal data.", Err: err,
	}
}
