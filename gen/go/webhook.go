package counsel

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// ErrWebhook is the error of VerifyWebhook: the request is not from the service. Answer it with 400.
var ErrWebhook = errors.New("not a valid webhook")

// VerifyWebhook verifies the signature of a webhook request (Standard Webhooks) and returns its event. body is the body
// as received, secrets the whsec_… of the webhook; while it is rotated, both. A request that is older than five minutes is
// refused. The same event can arrive more than once: ignore a webhook-id that was processed before, and types you do not know.
func VerifyWebhook(header http.Header, body []byte, secrets ...string) (*WebhookEvent, error) {
	err := errors.New("no secret was given")
	for _, secret := range secrets {
		if strings.TrimPrefix(secret, "whsec_") == "" { // anybody can sign with it
			err = errors.New("a secret is empty")
			continue
		}
		var webhook *standardwebhooks.Webhook
		if webhook, err = standardwebhooks.NewWebhook(secret); err != nil {
			continue
		}
		if err = webhook.Verify(body, header); err == nil {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrWebhook, err)
	}
	event := new(WebhookEvent)
	if err := json.Unmarshal(body, event); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrWebhook, err)
	}
	return event, nil
}
