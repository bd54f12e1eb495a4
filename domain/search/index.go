package search

import (
	"cmp"
	"context"
	"database/sql"
	"math"
	"slices"
	"strings"

	"counsel/db"
	"counsel/domain"
	"counsel/gen/query"
)

const (
	perBlock = 256
	// maxRows is how many rows of postings one search reads. Where there are more, it reads as many of
	// each term, the newest first.
	maxRows = 20_000
	// maxRanges bounds terms times scopes in one statement, below where the databases' optimizers give up.
	maxRanges = 5000
	writeRows = 500 // in one statement
)

// Add puts the pages of a document into the index, in the caller's transaction. owner is the scope the
// document belongs to for good. The scope is locked until the transaction ends, so that it has to be
// the first thing the transaction does: see Lock.
func Add(ctx context.Context, tx db.Tx, scope Scope, document domain.ID, pages []Page) error {
	if len(pages) == 0 {
		return nil
	}
	q := query.New(tx)
	first := scope.units
	if err := q.SetSearchScopeUnits(ctx, query.SetSearchScopeUnitsParams{Units: first + int64(len(pages)), Scope: scope.number}); err != nil {
		return err
	}
	rows := make([][]any, 0, len(pages))
	type place struct {
		term  int64
		block int32
	}
	postings := map[place][]byte{}
	for i, p := range pages {
		unit := first + int64(i)
		rows = append(rows, []any{entryOf(scope.number, unit), document, p.Number})
		for term, weight := range p.Weights {
			at := place{term, int32(unit / perBlock)}
			postings[at] = append(postings[at], byte(unit%perBlock), weight)
		}
	}
	if err := insert(ctx, tx, "INSERT INTO search_pages (entry, document_id, page) VALUES ", "", rows); err != nil {
		return err
	}
	rows = rows[:0]
	for at, b := range postings {
		rows = append(rows, []any{at.term, scope.number, at.block, b})
	}
	sortByTerm(rows)
	return insert(ctx, tx, "INSERT INTO search_postings (term, scope, block, postings) VALUES ", " ON DUPLICATE KEY UPDATE postings = CONCAT(postings, VALUES(postings))", rows)
}

// Scope is one that is locked.
type Scope struct {
	number int32
	units  int64
}

// Lock locks the scope of an owner for the transaction, so that one at a time writes there.
func Lock(ctx context.Context, tx db.Tx, owner domain.ID) (Scope, error) {
	q := query.New(tx)
	if _, err := q.GetSearchScope(ctx, owner); err != nil {
		if err := q.CreateSearchScope(ctx, owner); err != nil {
			return Scope{}, err
		}
	}
	r, err := q.LockSearchScope(ctx, owner)
	return Scope{r.Scope, r.Units}, err
}

// Remove takes a document's pages out of the index, with its postings.
func Remove(ctx context.Context, tx db.Tx, document domain.ID) error {
	q := query.New(tx)
	entries, err := q.ListSearchEntries(ctx, document)
	if err != nil {
		return err
	}
	for len(entries) > 0 {
		scope, block := scopeOf(entries[0]), blockOf(entries[0])
		gone := map[byte]bool{}
		n := 0
		for n < len(entries) && scopeOf(entries[n]) == scope && blockOf(entries[n]) == block {
			gone[byte(entries[n]%perBlock)] = true
			n++
		}
		entries = entries[n:]
		if err := removeFrom(ctx, tx, scope, block, gone); err != nil {
			return err
		}
	}
	return q.DeleteSearchPages(ctx, document)
}

func removeFrom(ctx context.Context, tx db.Tx, scope, block int32, gone map[byte]bool) error {
	q := query.New(tx)
	if err := q.LockSearchScopeByNumber(ctx, scope); err != nil {
		return err
	}
	rows, err := q.ListSearchBlock(ctx, query.ListSearchBlockParams{Scope: scope, Block: block})
	if err != nil {
		return err
	}
	var empty []int64
	var changed [][]any
	for _, r := range rows {
		left := make([]byte, 0, len(r.Postings))
		for i := 0; i+1 < len(r.Postings); i += 2 {
			if !gone[r.Postings[i]] {
				left = append(left, r.Postings[i], r.Postings[i+1])
			}
		}
		switch len(left) {
		case len(r.Postings):
		case 0:
			empty = append(empty, r.Term)
		default:
			changed = append(changed, []any{r.Term, scope, block, left})
		}
	}
	slices.Sort(empty)
	for some := range slices.Chunk(empty, writeRows) {
		if err := q.DeleteSearchPostings(ctx, query.DeleteSearchPostingsParams{Scope: scope, Block: block, Terms: some}); err != nil {
			return err
		}
	}
	sortByTerm(changed)
	return insert(ctx, tx, "INSERT INTO search_postings (term, scope, block, postings) VALUES ", " ON DUPLICATE KEY UPDATE postings = VALUES(postings)", changed)
}

// Clear takes all of a scope out of the index.
func Clear(ctx context.Context, tx db.Tx, owner domain.ID) error {
	q := query.New(tx)

	r, err := q.LockSearchScopes(ctx, owner)
	if err != nil || len(r) == 0 {
		return err
	}
	if err := q.DeleteSearchScopePostings(ctx, r[0]); err != nil {
		return err
	}
	return q.DeleteSearchScopePages(ctx, query.DeleteSearchScopePagesParams{FromEntry: entryOf(r[0], 0), ToEntry: entryOf(r[0]+1, 0)})
}

// sortByTerm puts rows in the order of the table, in which everybody locks them.
func sortByTerm(rows [][]any) {
	slices.SortFunc(rows, func(a, b []any) int {
		return cmp.Or(cmp.Compare(a[0].(int64), b[0].(int64)), cmp.Compare(a[2].(int32), b[2].(int32)))
	})
}

// insert writes many rows, some in each statement.
func insert(ctx context.Context, tx db.Tx, head, tail string, rows [][]any) error {
	for some := range slices.Chunk(rows, writeRows) {
		var b strings.Builder
		b.WriteString(head)
		args := make([]any, 0, len(some)*len(some[0]))
		for i, r := range some {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString("(?" + strings.Repeat(",?", len(r)-1) + ")")
			args = append(args, r...)
		}
		b.WriteString(tail)
		if _, err := tx.ExecContext(ctx, b.String(), args...); err != nil {
			return err
		}
	}
	return nil
}

func entryOf(scope int32, unit int64) int64 { return int64(scope)<<32 | unit }
func scopeOf(entry int64) int32             { return int32(entry >> 32) }
func blockOf(entry int64) int32             { return int32(entry & math.MaxUint32 / perBlock) }

// Options say where Find looks, and how it judges.
type Options struct {
	Scopes []int32                // those that are read
	All    bool                   // all scopes, but for Except
	Except []int32                // in their order
	Keep   func(entry int64) bool // nil: all pages
	Limit  int
	// MostWords puts pages that have more of the words first, however rare the words are.
	MostWords bool
}

// Hit is a page that was found. Entries are in search_pages.
type Hit struct {
	Entry int64
	Words int // of the query, that it has
	Score float64
}

// Find finds the pages that have most to do with a query, the best first. A page has to have a word of it,
// and all words of its phrases, though not yet as they stand there: that is the Finder's.
func Find(ctx context.Context, pool *sql.DB, q *Query, o Options) ([]Hit, error) {
	if q.Empty() || !o.All && len(o.Scopes) == 0 {
		return nil, nil
	}
	var terms []int64
	number := map[int64]int{}
	for _, w := range q.words {
		for _, a := range w.any {
			for _, slot := range a.slots {
				for _, t := range slot {
					k := key(t)
					if _, ok := number[k]; !ok {
						number[k] = len(terms)
						terms = append(terms, k)
					}
				}
			}
		}
	}
	rows, err := postings(ctx, pool, terms, o)
	if err != nil {
		return nil, err
	}
	return rank(q, o, number, rows), nil
}

// postings reads what the index has of terms, at most about maxRows rows.
func postings(ctx context.Context, pool *sql.DB, terms []int64, o Options) ([]query.SearchPosting, error) {
	q := query.New(pool)
	list := func(terms []int64, scopes []int32, limit int) ([]query.SearchPosting, error) {
		if o.All {
			return q.ListAllSearchPostings(ctx, query.ListAllSearchPostingsParams{Terms: terms, Limit: int32(limit)})
		}
		return q.ListSearchPostings(ctx, query.ListSearchPostingsParams{Terms: terms, Scopes: scopes, Limit: int32(limit)})
	}
	var out []query.SearchPosting
	groups := [][]int32{nil}
	if !o.All {
		slices.Sort(o.Scopes)
		slices.Reverse(o.Scopes)
		groups = slices.Collect(slices.Chunk(o.Scopes, max(1, maxRanges/len(terms))))
	}
	most := maxRows / len(groups)
	for _, scopes := range groups {
		rows, err := list(terms, scopes, most)
		if err != nil {
			return nil, err
		}
		if len(rows) == most { // each term by itself, so that a common one does not crowd out a rare one
			rows = rows[:0]
			for _, t := range terms {
				some, err := list([]int64{t}, scopes, max(1, most/len(terms)))
				if err != nil {
					return nil, err
				}
				rows = append(rows, some...)
			}
		}
		out = append(out, rows...)
	}
	return out, nil
}

// block is the postings of 256 pages: which of the query's terms, and where.
type block struct {
	scope, number int32
	terms         []int
	postings      [][]byte
	words         []*[perBlock]uint8 // how much each word of the query counts on each page
}

func rank(q *Query, o Options, number map[int64]int, rows []query.SearchPosting) []Hit {
	type place struct{ scope, block int32 }
	at := map[place]*block{}
	for _, r := range rows {
		if _, out := slices.BinarySearch(o.Except, r.Scope); o.All && out {
			continue
		}
		b := at[place{r.Scope, r.Block}]
		if b == nil {
			b = &block{scope: r.Scope, number: r.Block}
			at[place{r.Scope, r.Block}] = b
		}
		b.terms, b.postings = append(b.terms, number[r.Term]), append(b.postings, r.Postings)
	}
	df := make([]int, len(q.words))
	var slotOf [perBlock]uint8
	for _, b := range at {
		b.words = make([]*[perBlock]uint8, len(q.words))
		for i, w := range q.words {
			b.words[i] = b.weigh(w, number, &slotOf)
			if b.words[i] != nil {
				for _, v := range b.words[i] {
					if v > 0 {
						df[i]++
					}
				}
			}
		}
	}
	// How rare a word is among the blocks that were read says how much it tells. Only these count, so
	// that an answer shows nothing of pages its reader may not see.
	idf := make([]float64, len(q.words))
	for i := range idf {
		idf[i] = math.Log(1 + (float64(len(at)*perBlock)-float64(df[i])+0.5)/(float64(df[i])+0.5))
	}
	better := func(a, b Hit) int {
		if o.MostWords && a.Words != b.Words {
			return b.Words - a.Words
		}
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Entry, a.Entry))
	}
	var hits []Hit
	for _, b := range at {
		for unit := range perBlock {
			h := Hit{Entry: entryOf(b.scope, int64(b.number)*perBlock+int64(unit))}
			whole := true
			for i, w := range b.words {
				if w == nil || w[unit] == 0 {
					whole = whole && !q.words[i].required
					continue
				}
				h.Words++
				h.Score += idf[i] * float64(w[unit]) / 255
			}
			if h.Words == 0 || !whole || o.Keep != nil && !o.Keep(h.Entry) {
				continue
			}
			if hits = append(hits, h); len(hits) >= 4*o.Limit+1024 {
				slices.SortFunc(hits, better)
				hits = hits[:o.Limit]
			}
		}
	}
	slices.SortFunc(hits, better)
	return hits[:min(len(hits), o.Limit)]
}

// weigh says how much a word counts on each page of a block; nil when it is on none.
func (b *block) weigh(w queryWord, number map[int64]int, slot *[perBlock]uint8) *[perBlock]uint8 {
	var out *[perBlock]uint8
	for _, a := range w.any {
		var met [perBlock]uint8
		var sum [perBlock]uint16
		some := false
		for _, s := range a.slots {
			clear(slot[:])
			for _, term := range s {
				n := number[key(term)]
				for i, t := range b.terms {
					if t != n {
						continue
					}
					some = true
					for p := 0; p+1 < len(b.postings[i]); p += 2 {
						at := b.postings[i][p]
						slot[at] = max(slot[at], b.postings[i][p+1])
					}
				}
			}
			for i, v := range slot {
				if v > 0 {
					met[i]++
					sum[i] += uint16(v)
				}
			}
		}
		if !some {
			continue
		}
		need := cmp.Or(a.need, len(a.slots))
		for i, n := range met {
			if n == 0 || int(n) < need {
				continue
			}
			if out == nil {
				out = new([perBlock]uint8)
			}
			out[i] = max(out[i], uint8(max(1, a.weight*float64(sum[i])/float64(len(a.slots)))))
		}
	}
	return out
}
