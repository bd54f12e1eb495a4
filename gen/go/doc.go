// Package counsel is the client of the Counsel API: every operation and type of its contract
// (openapi.yaml), and what a program needs around them.
//
//	client := counsel.New("https://counsel.example", counsel.WithAPIKey(key))
//	answer, err := client.SendChat(ctx, counsel.ChatRequest{UserID: user, Message: "How long does an NDA bind me?"})
//
// A failed call returns a *Problem, or the error of the network or of the context if there was no response:
//
//	var problem *counsel.Problem
//	if errors.As(err, &problem) && problem.Code == counsel.CodeAIUnavailable { … }
//
// GETs, and POSTs that take an Idempotency-Key, are repeated after a network fault and the statuses 429, 502 and 503,
// within the deadline of their context. A Client can be used concurrently.
package counsel
