package webhook_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"counsel/clients/webhook"
	"counsel/domain"
	"counsel/domain/webhooks"
)

// A receiver verifies deliveries with the secret of its webhook and any library for Standard Webhooks.
func ExampleClient_Send() {
	secret := []byte("thirty-two bytes, base64 encoded")
	verifier, err := standardwebhooks.NewWebhook("whsec_" + base64.StdEncoding.EncodeToString(secret))
	if err != nil {
		log.Fatal(err)
	}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := verifier.Verify(body, r.Header); err != nil {
			fmt.Println("rejected:", err)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Printf("verified: %s\n", body)
	}))
	defer receiver.Close()

	client := webhook.New(webhook.Config{AllowPrivate: true, Timeout: time.Minute})
	defer client.Close()
	for _, key := range [][]byte{secret, []byte("the secret of a forger, as long..")} {
		result := client.Send(context.Background(), webhooks.Message{ID: domain.NewID(), URL: receiver.URL, At: time.Now(), Body: []byte(`{"type":"case.closed"}`), Secrets: [][]byte{key}})
		fmt.Println(result.Outcome, result.Status)
	}
	// Output:
	// verified: {"type":"case.closed"}
	// delivered 200
	// rejected: unable to verify payload, err: no matching signature found
	// refused 401
}
