package db_test

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"counsel/db"
	"counsel/domain"
	accountquery "counsel/gen/query/account"
	aiquery "counsel/gen/query/ai"
	apikeysquery "counsel/gen/query/apikeys"
	billingquery "counsel/gen/query/billing"
	casesquery "counsel/gen/query/cases"
	compliancequery "counsel/gen/query/compliance"
	draftsquery "counsel/gen/query/drafts"
	emailquery "counsel/gen/query/email"
	esignquery "counsel/gen/query/esign"
	filesquery "counsel/gen/query/files"
	idempotencyquery "counsel/gen/query/idempotency"
	jobsquery "counsel/gen/query/jobs"
	notificationsquery "counsel/gen/query/notifications"
	paymentsquery "counsel/gen/query/payments"
	renderingquery "counsel/gen/query/rendering"
	searchquery "counsel/gen/query/search"
	templatesquery "counsel/gen/query/templates"
	webhooksquery "counsel/gen/query/webhooks"
	"counsel/sandbox/testenv"
)

const (
	listRows  = 10000 // in each table
	listPage  = 21    // limit of a list
	listReads = 250   // rows the server may read for a page, including joined rows and some overhead
)

// rowID returns the id of row n, from 0.
func rowID(n int) (id domain.ID) {
	binary.BigEndian.PutUint64(id[8:], uint64(n)+1)
	return id
}

var (
	past     = time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	busyUser = rowID(0) // owns nearly all rows
	idleUser = rowID(1)
	theCase  = rowID(0)
	lastID   = domain.CursorOrMax(nil)
	future   = time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)
)

// queryArgs are the values of a query's parameters; the query runs with every combination. Cursor,
// After and Limit are set automatically. "" is the only parameter of a query that has just one.
type queryArgs map[string][]any

// pagedQueries are the :many queries that return a page or a batch. Each runs with every
// combination of filters, on tables where the matching rows are old and rare. Two are bounded by
// something else: the search for words in titles, by the cases of the caller; the cases of a rare
// status, by the cases of the member.
var pagedQueries = map[string]queryArgs{
	"ListCaseMembers":              {"CaseID": {theCase}},
	"ListCaseNotes":                {"CaseID": {theCase}},
	"ListCaseParties":              {"CaseID": {theCase}},
	"ListCaseTasks":                {"CaseID": {theCase}, "Status": {"", "rare", "common"}},
	"ListPaymentsByCase":           {"CaseID": {theCase}, "Status": {"", "rare", "common"}},
	"ListPaymentsByInvoice":        {"InvoiceID": {rowID(0)}, "Status": {"", "rare", "common"}},
	"ListPaymentsByUser":           {"UserID": {busyUser, idleUser}},
	"ListPaymentsByUserAndStatus":  {"UserID": {busyUser}, "Status": {"rare", "common"}},
	"ListDuePayments":              {"CheckAt": {past}},
	"ListTimelineEntries":          {"CaseID": {theCase}},
	"ListTimelineEntriesAfter":     {"CaseID": {theCase}},
	"ListCases":                    {"Member": {busyUser, idleUser}, "Status": {"", "common"}, "Words": {""}},
	"ListAllCases":                 {"Member": {busyUser, idleUser}, "Status": {"", "rare", "common"}, "Words": {""}},
	"ListConsultations":            {"UserID": {busyUser, idleUser}, "Kind": {"", "rare", "common"}},
	"ListAllConsultations":         {"Kind": {"", "rare", "common"}},
	"ListCaseConsultations":        {"CaseID": {theCase}, "Kind": {"", "rare", "common"}},
	"ListDocuments":                {"UserID": {busyUser, idleUser}, "Kind": {"", "rare", "common"}},
	"ListAllDocuments":             {"Kind": {"", "rare", "common"}},
	"ListCaseDocuments":            {"CaseID": {theCase}, "Kind": {"", "rare", "common"}, "Anyone": {1, 0}, "UserID": {busyUser, idleUser}},
	"ListStalePendingDocuments":    {"OlderThan": {future}},
	"ListDeletedDocuments":         {},
	"ListTextPendingDocuments":     {},
	"ListDrafts":                   {"UserID": {busyUser, idleUser}, "Status": {"", "rare", "common"}, "Type": {"", "rare", "common"}},
	"ListAllDrafts":                {"Status": {"", "rare", "common"}, "Type": {"", "rare", "common"}},
	"ListCaseDrafts":               {"CaseID": {theCase}, "Status": {"", "rare", "common"}, "Type": {"", "rare", "common"}, "Anyone": {1, 0}, "UserID": {busyUser, idleUser}},
	"ListCaseInvitationsByEmail":   {"Email": {"rare", "common"}, "Now": {past}},
	"ListCasePartiesByOldKeys":     {"Rules": {1}},
	"ListUnindexedDocuments":       {"Version": {1}},
	"ListDraftVersions":            {"DraftID": {rowID(0)}},
	"ListEmailsByUser":             {"UserID": {busyUser, idleUser}, "Status": {"", "rare", "common"}},
	"ListEmails":                   {"Status": {"", "rare", "common"}},
	"ListSuppressions":             {},
	"ListJobsByUser":               {"UserID": {busyUser, idleUser}},
	"ListJobsByUserAndState":       {"UserID": {busyUser, idleUser}, "State": {"rare", "common"}, "Kind": {"", "rare", "common"}},
	"ListJobs":                     {},
	"ListJobsByState":              {"State": {"rare", "common"}, "Kind": {"", "rare", "common"}},
	"ListWaitingJobs":              {"Queue": {"standard"}, "UserID": {busyUser}},
	"ListDueJobs":                  {"State": {"rare", "waiting"}},
	"ListExpiredJobs":              {"State": {"rare"}, "LongestUs": {int64(60_000_000)}},
	"ListNotifications":            {"UserID": {busyUser, idleUser}},
	"ListUnreadNotifications":      {"UserID": {busyUser, idleUser}},
	"ListDueEnvelopes":             {"Now": {past}},
	"ListSignatureRequestIDs":      {"UserID": {busyUser, idleUser}},
	"ListSignatureRequests":        {"UserID": {busyUser, idleUser}, "Status": {"", "rare", "common"}},
	"ListAllSignatureRequests":     {},
	"ListAllSignatureRequestsIn":   {"Status": {"rare", "common"}},
	"ListCaseSignatureRequests":    {"CaseID": {theCase}, "Status": {"", "rare", "common"}},
	"ListOverdueSignatureRequests": {"Now": {future}},
	"ListStaleSealings":            {"Since": {future}},
	"ListSignatureRequestsToErase": {"Now": {past}},
	"ListSignerRows":               {"Email": {"rare", "common"}},
	"ListTimeEntries":              {"CaseID": {theCase}, "Unbilled": {0, 1}},
	"ListTimeEntriesByUser":        {"UserID": {busyUser, idleUser}},
	"ListInvoices":                 {"CaseID": {theCase}, "Status": {"", "rare", "common"}, "Drafts": {0, 1}},
	"ListInvoicesByUser":           {"CreatedBy": {busyUser, idleUser}},
	"ListOverdueInvoices":          {"DueOn": {future}},
	"ListLedgerEntries":            {"CaseID": {theCase}},
	"ListUsers":                    {},
	"ListUsersByRole":              {"Role": {"rare", "common"}},
	"ListUsersWithStaleSessions":   {},
	"ListWebhooksByUser":           {"UserID": {busyUser, idleUser}},
	"ListWebhooks":                 {},
	"ListAPIKeysByUser":            {"UserID": {busyUser, idleUser}},
	"ListAPIKeys":                  {},
	"ListCaseWatches":              {"CaseID": {theCase}},
	"ListFirmWatches":              {},
	"ListOwnFirmWatches":           {"UserID": {busyUser, idleUser}},
	"ListDueWatches":               {"Source": {"vies"}, "Due": {time.Now()}},
	"ListChecks":                   {"WatchID": {rowID(0)}},
	"ListWebhookDeliveries":        {"WebhookID": {rowID(0)}},
	"ListWebhookDeliveriesByState": {"WebhookID": {rowID(0)}, "State": {"rare", "common"}},
	"ListFailedDeliveries":         {"WebhookID": {rowID(0)}, "Since": {past}},
	"ListWebhookAttempts":          {"DeliveryID": {rowID(0)}},
	"ListDeletedWebhooks":          {},
}

// unpagedQueries are the :many queries that return all matching rows, with the reason why these are
// few.
var unpagedQueries = map[string]string{
	"ListPaymentRefunds":              "at most a hundred of each payment of a page",
	"ListPaymentDisputes":             "as many as banks open for the payments of a page",
	"ListInvoiceLines":                "an invoice has 200 lines",
	"ListInvoicePayments":             "an invoice has few payments",
	"LockInvoicePendingChargebacks":   "a payment has few chargebacks",
	"ListLedgerLines":                 "the lines of one page of entries",
	"ListLedgerBalances":              "a row for each account and currency of one case",
	"ListTrialBalance":                "a row for each account and currency, of sums in an index",
	"ListCaseMembersByUser":           "the data export of one person",
	"LockCaseMembersByUser":           "the erasure of one person",
	"ListCaseNotesByAuthor":           "the data export of one person",
	"ListCaseTasksByUser":             "the data export of one person",
	"LockUnfinishedSignatureRequests": "the erasure of one person",
	"LockUnfinishedRequestsOfOwner":   "the erasure of one person",
	"LockUserDocuments":               "the erasure of one person",
	"LockTestCases":                   "one batch of the erasure of a test account",
	"LockTimelines":                   "bounded by the given ids",
	"ListCaseAccess":                  "bounded by the given ids",
	"ListExistingDocumentIDs":         "bounded by the given ids",
	"ListFirstPages":                  "bounded by the given ids and pages",
	"ListEmailRecipients":             "the recipients of one page of mails",
	"ListEmailAttachments":            "the recipients of one page of mails",
	"ListSuppressionsByAddress":       "addresses that are given",
	"ListQueuedJobs":                  "bounded by the given ids",
	"ListRunningJobs":                 "bounded by the given ids",
	"CountQueuedJobs":                 "a process queues a window of jobs",
	"ListCaseMemberIDs":               "a case has 200 members",
	"ListNotificationPreferences":     "one row a type of event",
	"ListPreferencesByEventType":      "people that are given",
	"ListProviderEvents":              "what is not yet told of one request",
	"ListSigners":                     "a request has few signers",
	"ListSignatureEvents":             "the log of one request",
	"ListSignersToRemind":             "signers of what is open",
	"ListDocumentPages":               "one document",
	"ListStoredObjects":               "a backup reads the whole table",
	"ListUsersByID":                   "bounded by the given ids",
	"LockActiveAdmins":                "there are few admins",
	"LockWebhooksByUser":              "a user has few webhooks",
	"LockAPIKeysByUser":               "a user creates them by hand",
	"ListEnabledWebhooks":             "webhooks of the members of one case",
	"ListCasePartiesByKeys":           "parties of one name, at most a thousand",
	"ListTemplateVersions":            "templates are written by hand",
	"ListTemplateSlugs":               "templates are written by hand",
	"ListTemplatesOfOwner":            "templates are written by hand",
	"ListPlaybooks":                   "playbooks are written by hand, and read by primary key",
	"ListPlaybooksOfOwner":            "playbooks are written by hand",
	"ListTemplatesBySlug":             "slugs that are given, at most a thousand",
	"ListCaseInvitations":             "a case has few, and they end",
	"ListReadableScopes":              "a row for each case of one person",
	"ListDeletedCaseScopes":           "a row for each case that was deleted",
	"ListScopesOf":                    "bounded by the given ids",
	"ListFoundPages":                  "bounded by the given ids",
	"ListPagesByEntry":                "bounded by the given ids",
	"ListUnindexedDocumentsOf":        "bounded by the given ids",
	"LockSearchScopes":                "one row",
	"ListSearchEntriesByDocument":     "the pages of one document",
	"ListSearchEntriesByDocuments":    "the pages of documents that are given",
	"LockSearchPostingsByBlock":       "the terms of 256 pages",
	"ListSearchPostingsByScopes":      "the terms of one search",
	"ListSearchPostings":              "the terms of one search",
	"ListOrphanedSearchDocuments":     "a sweep that reads the whole index",
}

// TestListsReadOnePage checks that the cost of a list does not grow with the table. It counts the
// rows that the server reads, because times vary on a busy machine.
func TestListsReadOnePage(t *testing.T) {
	t.Parallel()
	checkAllListed(t)
	pool := open(t, testenv.NewDatabaseURL(t))
	if err := db.Migrate(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	conn, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	fill(t, conn)
	for _, name := range slices.Sorted(maps.Keys(pagedQueries)) {
		method := methodOf(conn, name)
		if !method.IsValid() {
			t.Errorf("unknown query %s", name)
			continue
		}
		forEachCombination(pagedQueries[name], func(values map[string]any) {
			in := []reflect.Value{reflect.ValueOf(t.Context())}
			if method.Type().NumIn() > 1 {
				in = append(in, queryParameters(t, name, method.Type().In(1), values))
			}
			readBefore := rowsRead(t, conn)
			out := method.Call(in)
			if err, _ := out[1].Interface().(error); err != nil {
				t.Fatalf("%s %v: %v", name, values, err)
			}
			if n := rowsRead(t, conn) - readBefore; n > listReads || out[0].Len() == 0 {
				t.Errorf("%s %v reads %d rows for %d", name, values, n, out[0].Len())
			}
		})
	}
}

// methodOf returns the query of that name from the package of any subject.
func methodOf(conn *sql.Conn, name string) (method reflect.Value) {
	for _, queries := range []any{
		accountquery.New(conn), aiquery.New(conn), casesquery.New(conn), draftsquery.New(conn), emailquery.New(conn), esignquery.New(conn), filesquery.New(conn),
		idempotencyquery.New(conn), jobsquery.New(conn), notificationsquery.New(conn), renderingquery.New(conn), searchquery.New(conn), templatesquery.New(conn), webhooksquery.New(conn), apikeysquery.New(conn), billingquery.New(conn), compliancequery.New(conn), paymentsquery.New(conn),
	} {
		if m := reflect.ValueOf(queries).MethodByName(name); m.IsValid() {
			return m
		}
	}
	return method
}

// checkAllListed fails if a :many query is missing from both tables.
func checkAllListed(t *testing.T) {
	t.Helper()
	files, err := filepath.Glob("../queries/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal("no queries", err)
	}
	defined := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^-- name: (\w+) :many`).FindAllStringSubmatch(string(text), -1) {
			defined[m[1]] = true
			_, paged := pagedQueries[m[1]]
			if _, unpaged := unpagedQueries[m[1]]; paged == unpaged {
				t.Errorf("%s of %s must be in either pagedQueries or unpagedQueries", m[1], file)
			}
		}
	}
	for name := range unpagedQueries {
		if !defined[name] {
			t.Errorf("unknown query %s", name)
		}
	}
}

// forEachCombination calls fn with every combination of values.
func forEachCombination(a queryArgs, fn func(map[string]any)) {
	names, values := slices.Sorted(maps.Keys(a)), map[string]any{}
	var assignFrom func(int)
	assignFrom = func(i int) {
		if i == len(names) {
			fn(values)
			return
		}
		for _, v := range a[names[i]] {
			values[names[i]] = v
			assignFrom(i + 1)
		}
	}
	assignFrom(0)
}

// queryParameters returns the parameters of a generated query.
func queryParameters(t *testing.T, name string, typ reflect.Type, values map[string]any) reflect.Value {
	t.Helper()
	valueOf := func(field string, typ reflect.Type) any {
		switch field {
		case "Limit":
			return listPage
		case "Cursor":
			if typ.Kind() == reflect.Array {
				return lastID
			}
			return 1 << 30
		case "After":
			if typ.Kind() == reflect.Array {
				return domain.ID{}
			}
			return 0
		}
		v, ok := values[field]
		if !ok {
			t.Fatalf("%s has a parameter %s that pagedQueries does not set", name, field)
		}
		return v
	}
	v := reflect.New(typ).Elem()
	if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[sql.NullTime]() || typ == reflect.TypeFor[time.Time]() {
		field := "Limit"
		if typ.Kind() == reflect.Array {
			field = "Cursor"
		}
		if len(values) == 1 {
			field = slices.Collect(maps.Keys(values))[0]
		}
		assign(v, valueOf(field, typ))
		return v
	}
	for i := range typ.NumField() {
		assign(v.Field(i), valueOf(typ.Field(i).Name, typ.Field(i).Type))
	}
	return v
}

func assign(field reflect.Value, value any) {
	if at, ok := value.(time.Time); ok && field.Type() == reflect.TypeFor[sql.NullTime]() {
		value = sql.NullTime{Time: at, Valid: true}
	}
	if field.Kind() == reflect.Pointer {
		p := reflect.New(field.Type().Elem())
		assign(p.Elem(), value)
		field.Set(p)
		return
	}
	field.Set(reflect.ValueOf(value).Convert(field.Type()))
}

// rowsRead returns how many table and index rows this session has read, including a few for this
// query itself.
func rowsRead(t *testing.T, conn *sql.Conn) (n int) {
	t.Helper()
	rows, err := conn.QueryContext(t.Context(), "SHOW SESSION STATUS LIKE 'Handler_read%'")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			t.Fatal(err)
		}
		count, err := strconv.Atoi(value)
		if err != nil {
			t.Fatal(err)
		}
		n += count
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return n
}

// fill inserts listRows rows into each table. Nearly all belong to the busy user and have common
// values; half belong to the case. The first 480 cover every combination of user, case, status and
// kind.
func fill(t *testing.T, conn *sql.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	exec := func(statement string) {
		t.Helper()
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	exec("SET foreign_key_checks = 0, unique_checks = 0")
	exec("CREATE TEMPORARY TABLE digits (d INT)")
	exec("INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)")
	exec("CREATE TEMPORARY TABLE numbers (n INT PRIMARY KEY)")
	for i, from := range []string{"SELECT d FROM digits", "SELECT n + 10 * (d + 1) FROM numbers, digits WHERE d < 9"} {
		exec("CREATE TEMPORARY TABLE more" + strconv.Itoa(i) + " AS " + from)
		exec("INSERT INTO numbers SELECT * FROM more" + strconv.Itoa(i))
	}
	exec("CREATE TEMPORARY TABLE hundreds AS SELECT n AS h FROM numbers")
	exec("CREATE TEMPORARY TABLE rows_to_be AS SELECT n + 100 * h AS n FROM numbers, hundreds")
	id := func(of string) string { return "UNHEX(LPAD(HEX(" + of + " + 1), 32, '0'))" }
	words := strings.NewReplacer(
		"$id", id("n"),
		"$user", "IF(n < 480 AND n % 4 < 2, "+id("1")+", "+id("0")+")",
		"$case", "IF(n % 2 = 0, NULL, "+id("0")+")",
		"$first", id("0"),
		"$status", "IF(n < 240, 'rare', 'common')",
		"$kind", "IF(n < 120 OR n BETWEEN 240 AND 359, 'rare', 'common')",
		"$early", "n < 60",
		"$old", "'2001-01-01'", // compared dates are due, all others are in the future
		"$due", "IF(n < 60, '2000-01-01', '2099-01-01')",
		"$maybe", "IF(n < 60, '2000-01-01', NULL)",
	)
	for _, table := range []struct{ name, columns, values string }{
		{"users", "id, email, full_name, role, password_hash, sessions_stale, created_at, updated_at", "$id, n, 'A', $status, '-', $early, $old, $old"},
		{"cases", "id, title, description, status, created_by, created_at, updated_at, deleted_at", "$id, 'T', '', $status, $user, $old, $old, IF(n % 4 = 3, $old, NULL)"},
		{"case_members", "case_id, user_id, role, created_at", "$id, $user, 'owner', $old"},
		{"case_notes", "id, case_id, author_id, body, created_at", "$id, $first, $user, '', $old"},
		{"case_tasks", "id, case_id, title, status, created_by, created_at, updated_at", "$id, $first, 'T', $status, $user, $old, $old"},
		{"case_parties", "id, case_id, kind, side, name, email, registration_number, name_key, email_key, registration_key, created_by, created_at, key_rules", "$id, $first, 'person', 'other', 'N', '', '', n, n, n, $user, $old, IF($early, 0, 1)"},
		{"case_invitations", "id, case_id, email, role, invited_by, created_at, expires_at", "$id, $id, $status, 'viewer', $user, $old, '2099-01-01'"},
		{"case_timeline", "case_id, seq, created_at, actor_id, verb, subject, refused, detail, prev_hash, hash", "$first, n + 1, $old, $user, 'v', 's', FALSE, '', '', ''"},
		{"consultations", "id, user_id, actor_id, kind, excerpt, question, answer, locale, model, prompt_version, cached, tokens_used, latency_ms, created_at, case_id", "$id, $user, $user, $kind, '', '', '', 'en', 'm', '1', FALSE, 0, 0, $old, $case"},
		{"documents", "id, user_id, name, content_type, kind, state, text_state, size, sha256, created_at, changed_at, case_id, search_version", "$id, $user, 'N', 't', $kind, IF(n BETWEEN 480 AND 599, 'pending', IF(n BETWEEN 600 AND 719, 'deleted', 'stored')), IF($early, 'pending', 'indexed'), 1, '', $old, $old, $case, IF(n BETWEEN 60 AND 119, 0, 1)"},
		{"drafts", "id, user_id, type, template_version, locale, tone, status, sections, warnings, created_at, origin, version, updated_at, case_id", "$id, $user, $kind, '1', 'en', 'f', $status, '[]', '[]', $old, 'written', 1, $old, $case"},
		{"draft_versions", "draft_id, version, title, body, note, author_id, created_at", "$id, 1, 'T', '', '', $user, $old"},
		{"draft_versions", "draft_id, version, title, body, note, author_id, created_at", "$first, n + 2, 'T', '', '', $user, $old"},
		{"emails", "id, user_id, kind, locale, subject, body_text, body_html, reply_to, fields, status, reason, send_at, created_at, updated_at", "$id, $user, 'message', 'en', 'S', '', '', '', '', $status, '', $old, $old, $old"},
		{"email_suppressions", "id, address, reason, created_at", "$id, n, 'bounced', $old"},
		{"jobs", "id, user_id, kind, queue, state, payload, result, error_code, error, done, total, runs, tries, lost, cancelling, owner, run_at, due_at, created_at", "$id, $user, $kind, 'standard', IF(n BETWEEN 480 AND 599, 'waiting', $status), '', '', '', '', 0, 0, 0, 0, 0, FALSE, '', $old, IF(n < 60 OR n BETWEEN 480 AND 599, '2000-01-01', NOW() + INTERVAL 20 SECOND), $old"},
		{"time_entries", "id, case_id, user_id, worked_on, minutes, rate, currency, billable, description, invoice_id, created_by, created_at, updated_at", "$id, $first, $user, $old, 1, 1, 'EUR', TRUE, '', IF($early, NULL, $id), $user, $old, $old"},
		{"payments", "id, invoice_id, case_id, user_id, status, provider, amount, currency, received, fee, fee_currency, description, success_url, cancel_url, checkout_url, decline, expires_at, check_at, checked_at, created_at, updated_at", "$id, $first, $first, $user, $status, 'stripe', 0, 'EUR', 0, 0, '', '', '', '', '', '', $old, IF(n BETWEEN 480 AND 599, '2000-01-01', '2090-01-01'), $old, $old, $old"},
		{"invoices", "id, case_id, scope, status, currency, recipient_name, recipient_address, recipient_email, locale, notes, due_on, subtotal, tax, total, paid, credit, created_by, created_at, updated_at, overdue_at", "$id, $first, '', IF(n BETWEEN 480 AND 599, 'open', $status), 'EUR', '', '', '', 'en', '', $old, 0, 0, 0, 0, 0, $user, $old, $old, $maybe"},
		{"ledger_entries", "id, case_id, scope, kind, source_id, actor_id, memo, created_at", "$id, $first, '', 'invoice', $id, $user, '', $old"},
		{"notifications", "user_id, id, event_type, data, created_at, read_at, expires_at", "$user, $id, 'e', '', $old, IF(n < 480, NULL, $old), $due"},
		{"signature_requests", "id, user_id, case_id, document_id, document_name, document_size, document_sha256, workflow, status, message, sender_name, expires_at, created_at, changed_at, seq, head, forget_at", "$id, $user, $case, $id, 'D', 1, '', 'parallel', IF(n BETWEEN 480 AND 599, 'open', IF(n BETWEEN 600 AND 719, 'sealing', $status)), '', '', $old, $old, $old, 1, '', $maybe"},
		{"signature_signers", "id, request_id, number, turn, name, email, status, token_hash, mark, reason", "$id, $id, 1, 1, 'N', $status, 'sent', n, '', ''"},
		{"signature_envelopes", "request_id, envelope_id, state, next_at", "$id, n, IF($early, 'over', 'open'), $due"},
		{"api_keys", "id, user_id, name, mode, secret_hash, last_four, scopes, ip_ranges, rate_limit, created_at, expires_at", "$id, $user, 'N', 'live', n, 'abcd', '', '', 0, $old, $old"},
		{"compliance_watches", "id, case_id, user_id, kind, source, label, subject, next_check_at, created_at", "$id, $case, $user, 'vat', 'vies', '', '{}', $due, $old"},
		{"compliance_checks", "id, watch_id, outcome, asked, changes, error_code, checked_at", "$id, $first, 'first', '{}', '[]', '', $old"},
		{"webhooks", "id, user_id, url, description, event_types, secret, old_secret, enabled, disabled_reason, created_at, updated_at, deleted_at", "$id, $user, 'u', '', '', '', '', TRUE, '', $old, $old, $maybe"},
		{"webhook_deliveries", "id, webhook_id, event_type, payload, state, tries, attempts, job_id, created_at", "$id, $first, 'e', '', IF(n BETWEEN 240 AND 300, 'failed', $status), 0, 0, $id, $old"},
		{"webhook_attempts", "delivery_id, n, at, outcome, status, duration_ms", "$first, n, $old, '', 200, 1"},
	} {
		values := words.Replace(words.Replace(table.values))
		exec(fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM rows_to_be ORDER BY n", table.name, table.columns, values))
		exec("ANALYZE TABLE " + table.name)
	}
	// The case has the maximum number of members.
	exec("INSERT IGNORE INTO case_members (case_id, user_id, role, created_at) SELECT " + id("0") + ", " + id("n") + ", 'viewer', '2001-01-01' FROM rows_to_be WHERE n < 200")
	exec("SET foreign_key_checks = 1, unique_checks = 1")
}
