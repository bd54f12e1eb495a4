package handlers_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"counsel/domain"
	"counsel/gen/api"
)

func (f *fixture) usage(who *user, query string) (page api.AIUsageList) {
	f.t.Helper()
	f.call(who, "GET", "/api/ai/usage"+query, nil).expect(200, "").decode(&page)
	return page
}

func TestAIUsage(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada, bob, admin := f.register("ada", domain.RoleLawyer), f.register("bob", domain.RoleLawyer), f.admin()
	caseID := f.createCase(ada)
	inCase := chatBody(ada, "When is the defence due?")
	inCase["context"] = map[string]any{"caseId": caseID}
	var answers [3]api.ChatResponse
	f.call(ada, "POST", "/api/ai/chat", chatBody(ada, "What is an easement?")).expect(200, "").decode(&answers[0])
	f.call(bob, "POST", "/api/ai/chat", chatBody(bob, "What is an easement?")).expect(200, "").decode(&answers[1])
	f.call(ada, "POST", "/api/ai/chat", inCase).expect(200, "").decode(&answers[2])
	for i, a := range answers {
		if a.Model != "sandbox" || a.Cached != (i == 1) {
			t.Errorf("answer %d: %+v", i, a)
		}
	}

	own := f.usage(ada, "")
	if len(own.Items) != 1 || own.NextCursor != nil || len(own.Budgets) != 0 {
		t.Fatalf("own use %+v", own)
	}
	sum := own.Items[0]
	if tokens := int64(answers[0].TokensUsed + answers[2].TokensUsed); sum.Calls != 2 || sum.CachedCalls != 0 || sum.PromptTokens+sum.CompletionTokens != tokens ||
		sum.Cost.Micros != sum.PromptTokens+2*sum.CompletionTokens || sum.Cost.Currency != "USD" || sum.Period == nil || sum.UserID != nil {
		t.Errorf("own use %+v", sum)
	}
	if cached := f.usage(bob, "?groupBy=user,model").Items; len(cached) != 1 || cached[0].Calls != 0 || cached[0].CachedCalls != 1 || cached[0].Cost.Micros != 0 || *cached[0].UserID != bob.ID || *cached[0].Model != "sandbox" {
		t.Errorf("use of the cache %+v", cached)
	}
	byCase := f.usage(ada, "?groupBy=month,case").Items
	if len(byCase) != 2 || byCase[0].CaseID != nil || byCase[1].CaseID == nil || byCase[1].CaseID.String() != caseID || byCase[1].Calls != 1 {
		t.Errorf("by case %+v", byCase)
	}

	// The walls: of accounts, and of cases.
	f.call(bob, "GET", "/api/ai/usage?userId="+ada.ID.String(), nil).expect(403, "forbidden")
	f.call(bob, "GET", "/api/ai/usage?caseId="+caseID, nil).expect(404, "not_found")
	if ofCase := f.usage(ada, "?groupBy=user&caseId="+caseID).Items; len(ofCase) != 1 || ofCase[0].Calls != 1 {
		t.Errorf("of the case %+v", ofCase)
	}
	page := f.usage(admin, "?groupBy=user&limit=1")
	if len(page.Items) != 1 || page.NextCursor == nil || *page.Items[0].UserID != ada.ID {
		t.Fatalf("first page %+v", page)
	}
	if page = f.usage(admin, "?groupBy=user&limit=1&cursor="+*page.NextCursor); len(page.Items) != 1 || page.NextCursor != nil || *page.Items[0].UserID != bob.ID {
		t.Errorf("last page %+v", page)
	}
	if items := f.usage(admin, "?userId="+bob.ID.String()+"&model=sandbox").Items; len(items) != 1 || items[0].CachedCalls != 1 {
		t.Errorf("of bob %+v", items)
	}
	if items := f.usage(admin, "?from=2020-01-01&to=2020-12-31").Items; len(items) != 0 {
		t.Errorf("in 2020 %+v", items)
	}
	for _, query := range []string{"?groupBy=day,day", "?groupBy=week", "?from=yesterday", "?limit=0", "?to=0000-01-01", "?from=0001-01-01", "?from=0001-01-01&to=0001-01-01", "?to=1999-12-31"} {
		f.call(ada, "GET", "/api/ai/usage"+query, nil).expect(400, "malformed")
	}
	for _, query := range []string{"?groupBy=day,month", "?from=2026-12-02&to=2026-12-01", "?from=2000-01-01", "?cursor=AAAA"} {
		f.call(ada, "GET", "/api/ai/usage"+query, nil).expect(422, "invalid")
	}

	var copied api.UserExport
	f.call(ada, "GET", "/api/users/"+ada.ID.String()+"/export", nil).expect(200, "").decode(&copied)
	if len(copied.AiUsage) != 1 || copied.AiUsage[0].Calls != 2 {
		t.Errorf("exported %+v", copied.AiUsage)
	}

	f.call(ada, "POST", "/api/cases/"+caseID+"/members", map[string]any{"userId": bob.ID, "role": "owner"}).expect(201, "")
	f.call(bob, "DELETE", "/api/cases/"+caseID+"/members/"+ada.ID.String(), nil).expect(204, "")
	f.call(ada, "GET", "/api/ai/usage?caseId="+caseID, nil).expect(404, "not_found")
	if left := f.usage(ada, "?groupBy=case").Items; len(left) != 2 || left[1].CaseID != nil {
		t.Errorf("after leaving the case %+v", left)
	}
}

func TestAIBudget(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(c *fixtureConfig) { c.LLM.UserTokensPerDay, c.LLM.CostPerMonth = 10, 1_000_000_000 })
	ada, admin := f.register("ada", domain.RoleClient), f.admin()
	f.call(ada, "POST", "/api/ai/chat", chatBody(ada, "What is an easement?")).expect(200, "")
	var budgets []api.AIBudget
	for range 2 { // the use is recorded before it is listed
		budgets = f.usage(ada, "").Budgets
	}
	if len(budgets) != 1 || budgets[0].Scope != api.AIBudgetScopeUser || budgets[0].Period != api.AIBudgetPeriodDay || budgets[0].Unit != api.AIBudgetUnitTokens || budgets[0].Limit != 10 || budgets[0].Spent <= 10 {
		t.Fatalf("budgets %+v", budgets)
	}
	spent := f.call(ada, "POST", "/api/ai/chat", chatBody(ada, "What is a deed?")).expect(429, "ai_budget_spent")
	seconds, err := strconv.Atoi(spent.header.Get("Retry-After"))
	left := time.Until(budgets[0].ResetsAt).Seconds()
	if err != nil || float64(seconds) < left-60 || float64(seconds) > left+60 {
		t.Errorf("Retry-After %d, %s; the day ends in %.0f s", seconds, err, left)
	}
	f.call(ada, "POST", "/api/ai/analyze", map[string]any{"text": "The Supplier's liability is unlimited.", "policy": "vendor"}).expect(429, "ai_budget_spent")
	f.call(ada, "POST", "/api/ai/chat", chatBody(ada, "What is a deed?"), "Accept", "text/event-stream").expect(429, "ai_budget_spent")
	f.call(ada, "POST", "/api/ai/chat", chatBody(ada, "What is an easement?")).expect(200, "") // cached
	f.call(admin, "POST", "/api/ai/chat", chatBody(admin, "What is a deed?")).expect(200, "")
	if !slices.ContainsFunc(f.usage(admin, "").Budgets, func(b api.AIBudget) bool {
		return b.Scope == api.AIBudgetScopeFirm && b.Period == api.AIBudgetPeriodMonth && b.Unit == api.AIBudgetUnitCost && b.Spent > 0
	}) {
		t.Error("the admin does not see the firm's budget")
	}
}
