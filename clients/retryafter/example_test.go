package retryafter_test

import (
	"fmt"
	"net/http"
	"time"

	"counsel/clients/retryafter"
)

func ExampleWait() {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, value := range []string{"120", "1.5", "Sun, 01 Mar 2026 12:01:00 GMT", "soon"} {
		fmt.Println(retryafter.Wait(http.Header{"Retry-After": {value}}, now))
	}
	// Output:
	// 2m0s
	// 1.5s
	// 1m0s
	// 0s
}
