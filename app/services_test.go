package app

import (
	"errors"
	"testing"

	"counsel/domain"
)

func TestAdminError(t *testing.T) {
	if err := adminError(domain.InvalidField("/password", "must have 8 characters or more")); err.Error() != "ADMIN_PASSWORD must have 8 characters or more" {
		t.Error(err)
	}
	if err := adminError(errors.New("no connection")); err.Error() != "ADMIN_EMAIL, ADMIN_PASSWORD: no connection" {
		t.Error(err)
	}
}
