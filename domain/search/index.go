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
	query "counsel/gen/query/search"
)

const (
	pagesPerBlock = 256
	// maxPostingRows limits the posting rows that one search reads. If there are more, it reads an equal
	// share for each term, newest first.
	maxPostingRows = 20_000
	// maxRanges limits terms times scopes per statement, to stay within the limits of range optimization
	// in MySQL and MariaDB.
	maxRanges     = 5000
	rowsPerInsert = 500
)

// AddPages adds the pages of a document to the index, in the caller's transaction and a scope locked by
// LockScope in that transaction.
func AddPages(ctx context.Context, tx db.Tx, scope Scope, document domain.ID, pages []PageTerms) error {
	if len(pages) == 0 {
		return nil
	}
	q := query.New(tx)
	firstUnit := scope.units
	if err := q.UpdateSearchScopeUnits(ctx, query.UpdateSearchScopeUnitsParams{Units: firstUnit + int64(len(pages)), Scope: scope.number}); err != nil {
		return err
	}
	rows := make([][]any, 0, len(pages))
	type blockKey struct {
		term  int64
		block int32
	}
	postings := map[blockKey][]byte{}
	for i, p := range pages {
		unit := firstUnit + int64(i)
		rows = append(rows, []any{makeEntry(scope.number, unit), document, p.Number})
		for term, weight := range p.Weights {
			key := blockKey{term, int32(unit / pagesPerBlock)}
			postings[key] = append(postings[key], byte(unit%pagesPerBlock), weight)
		}
	}
	if err := insertRows(ctx, tx, "INSERT INTO search_pages (entry, document_id, page) VALUES ", "", rows); err != nil {
		return err
	}
	rows = rows[:0]
	for key, b := range postings {
		rows = append(rows, []any{key.term, scope.number, key.block, b})
	}
	sortByTerm(rows)
	return insertRows(ctx, tx, "INSERT INTO search_postings (term, scope, block, postings) VALUES ", " ON DUPLICATE KEY UPDATE postings = CONCAT(postings, VALUES(postings))", rows)
}

// Scope is a locked scope.
type Scope struct {
	number int32
	units  int64
}

// LockScope locks the scope of an owner, such as a case, for the transaction and creates it if needed.
// To avoid deadlocks it must be the transaction's first statement.
func LockScope(ctx context.Context, tx db.Tx, owner domain.ID) (Scope, error) {
	q := query.New(tx)
	if _, err := q.GetSearchScope(ctx, owner); err != nil {
		if err := q.CreateSearchScope(ctx, owner); err != nil {
			return Scope{}, err
		}
	}
	r, err := q.LockSearchScope(ctx, owner)
	return Scope{r.Scope, r.Units}, err
}

// RemoveDocument removes the pages and postings of a document.
func RemoveDocument(ctx context.Context, tx db.Tx, document domain.ID) error {
	q := query.New(tx)
	entries, err := q.ListSearchEntriesByDocument(ctx, document)
	if err != nil {
		return err
	}
	for len(entries) > 0 {
		scope, block := entryScope(entries[0]), entryBlock(entries[0])
		removed := map[byte]bool{}
		n := 0
		for n < len(entries) && entryScope(entries[n]) == scope && entryBlock(entries[n]) == block {
			removed[byte(entries[n]%pagesPerBlock)] = true
			n++
		}
		entries = entries[n:]
		if err := removeFromBlock(ctx, tx, scope, block, removed); err != nil {
			return err
		}
	}
	return q.DeleteSearchPagesByDocument(ctx, document)
}

func removeFromBlock(ctx context.Context, tx db.Tx, scope, block int32, removed map[byte]bool) error {
	q := query.New(tx)
	if err := q.LockSearchScopeByNumber(ctx, scope); err != nil {
		return err
	}
	rows, err := q.LockSearchPostingsByBlock(ctx, query.LockSearchPostingsByBlockParams{Scope: scope, Block: block})
	if err != nil {
		return err
	}
	var empty []int64
	var changed [][]any
	for _, r := range rows {
		remaining := make([]byte, 0, len(r.Postings))
		for i := 0; i+1 < len(r.Postings); i += 2 {
			if !removed[r.Postings[i]] {
				remaining = append(remaining, r.Postings[i], r.Postings[i+1])
			}
		}
		switch len(remaining) {
		case len(r.Postings):
		case 0:
			empty = append(empty, r.Term)
		default:
			changed = append(changed, []any{r.Term, scope, block, remaining})
		}
	}
	slices.Sort(empty)
	for chunk := range slices.Chunk(empty, rowsPerInsert) {
		if err := q.DeleteSearchPostings(ctx, query.DeleteSearchPostingsParams{Scope: scope, Block: block, Terms: chunk}); err != nil {
			return err
		}
	}
	sortByTerm(changed)
	return insertRows(ctx, tx, "INSERT INTO search_postings (term, scope, block, postings) VALUES ", " ON DUPLICATE KEY UPDATE postings = VALUES(postings)", changed)
}

// ClearScope removes all pages and postings of an owner's scope.
func ClearScope(ctx context.Context, tx db.Tx, owner domain.ID) error {
	q := query.New(tx)
	r, err := q.LockSearchScopes(ctx, owner)
	if err != nil || len(r) == 0 {
		return err
	}
	if err := q.DeleteSearchPostingsByScope(ctx, r[0]); err != nil {
		return err
	}
	return q.DeleteSearchPagesInRange(ctx, query.DeleteSearchPagesInRangeParams{FromEntry: makeEntry(r[0], 0), ToEntry: makeEntry(r[0]+1, 0)})
}

// sortByTerm sorts rows by primary key, so that concurrent writers lock them in the same order.
func sortByTerm(rows [][]any) {
	slices.SortFunc(rows, func(a, b []any) int {
		return cmp.Or(cmp.Compare(a[0].(int64), b[0].(int64)), cmp.Compare(a[2].(int32), b[2].(int32)))
	})
}

// insertRows inserts rows in batches of rowsPerInsert.
func insertRows(ctx context.Context, tx db.Tx, prefix, suffix string, rows [][]any) error {
	for chunk := range slices.Chunk(rows, rowsPerInsert) {
		var b strings.Builder
		b.WriteString(prefix)
		args := make([]any, 0, len(chunk)*len(chunk[0]))
		for i, r := range chunk {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString("(?" + strings.Repeat(",?", len(r)-1) + ")")
			args = append(args, r...)
		}
		b.WriteString(suffix)
		if _, err := tx.ExecContext(ctx, b.String(), args...); err != nil {
			return err
		}
	}
	return nil
}

func makeEntry(scope int32, unit int64) int64 { return int64(scope)<<32 | unit }
func entryScope(entry int64) int32            { return int32(entry >> 32) }
func entryBlock(entry int64) int32            { return int32(entry & math.MaxUint32 / pagesPerBlock) }

// Options restrict and rank the results of Find.
type Options struct {
	Scopes       []int32                // scopes to search
	AllScopes    bool                   // search all scopes but ExceptScopes
	ExceptScopes []int32                // sorted
	Filter       func(entry int64) bool // nil: all pages
	Limit        int
	// PreferMoreWords ranks pages first by the number of query words they contain.
	PreferMoreWords bool
}

// Hit is a page that was found. Entry is its key in search_pages.
type Hit struct {
	Entry        int64
	MatchedWords int // number of query words on the page
	Score        float64
}

// Find returns the pages that match a query, best first. A page matches if it contains at least one word
// and all words of the phrases. Word order in phrases is not checked; see Highlighter.Matches.
func Find(ctx context.Context, pool *sql.DB, q *Query, o Options) ([]Hit, error) {
	if q.Empty() || !o.AllScopes && len(o.Scopes) == 0 {
		return nil, nil
	}
	var terms []int64
	termIndex := map[int64]int{}
	for _, w := range q.words {
		for _, a := range w.alternatives {
			for _, slot := range a.slots {
				for _, t := range slot {
					k := termHash(t)
					if _, ok := termIndex[k]; !ok {
						termIndex[k] = len(terms)
						terms = append(terms, k)
					}
				}
			}
		}
	}
	rows, err := readPostings(ctx, pool, terms, o)
	if err != nil {
		return nil, err
	}
	return rank(q, o, termIndex, rows), nil
}

// readPostings reads the postings of terms, at most about maxPostingRows rows.
func readPostings(ctx context.Context, pool *sql.DB, terms []int64, o Options) ([]query.SearchPosting, error) {
	q := query.New(pool)
	list := func(terms []int64, scopes []int32, limit int) ([]query.SearchPosting, error) {
		if o.AllScopes {
			return q.ListSearchPostings(ctx, query.ListSearchPostingsParams{Terms: terms, Limit: int32(limit)})
		}
		return q.ListSearchPostingsByScopes(ctx, query.ListSearchPostingsByScopesParams{Terms: terms, Scopes: scopes, Limit: int32(limit)})
	}
	var out []query.SearchPosting
	groups := [][]int32{nil}
	if !o.AllScopes {
		slices.Sort(o.Scopes)
		slices.Reverse(o.Scopes)
		groups = slices.Collect(slices.Chunk(o.Scopes, max(1, maxRanges/len(terms))))
	}
	limit := maxPostingRows / len(groups)
	for _, scopes := range groups {
		rows, err := list(terms, scopes, limit)
		if err != nil {
			return nil, err
		}
		if len(rows) == limit { // read each term separately, so that common terms do not crowd out rare ones
			rows = rows[:0]
			for _, t := range terms {
				termRows, err := list([]int64{t}, scopes, max(1, limit/len(terms)))
				if err != nil {
					return nil, err
				}
				rows = append(rows, termRows...)
			}
		}
		out = append(out, rows...)
	}
	return out, nil
}

// block holds the postings of the query's terms for 256 pages of a scope.
type block struct {
	scope, number int32
	terms         []int
	postings      [][]byte
	wordScores    []*[pagesPerBlock]uint8 // score of each query word on each page; nil if on none
}

func rank(q *Query, o Options, termIndex map[int64]int, rows []query.SearchPosting) []Hit {
	type blockKey struct{ scope, block int32 }
	blocks := map[blockKey]*block{}
	for _, r := range rows {
		if _, out := slices.BinarySearch(o.ExceptScopes, r.Scope); o.AllScopes && out {
			continue
		}
		b := blocks[blockKey{r.Scope, r.Block}]
		if b == nil {
			b = &block{scope: r.Scope, number: r.Block}
			blocks[blockKey{r.Scope, r.Block}] = b
		}
		b.terms, b.postings = append(b.terms, termIndex[r.Term]), append(b.postings, r.Postings)
	}
	df := make([]int, len(q.words))
	var slotWeights [pagesPerBlock]uint8
	for _, b := range blocks {
		b.wordScores = make([]*[pagesPerBlock]uint8, len(q.words))
		for i, w := range q.words {
			b.wordScores[i] = b.scoreWord(w, termIndex, &slotWeights)
			if b.wordScores[i] != nil {
				for _, v := range b.wordScores[i] {
					if v > 0 {
						df[i]++
					}
				}
			}
		}
	}
	// Inverse document frequency among the blocks that were read. Other blocks do not count, so that
	// scores reveal nothing about pages the reader may not see.
	idf := make([]float64, len(q.words))
	for i := range idf {
		idf[i] = math.Log(1 + (float64(len(blocks)*pagesPerBlock)-float64(df[i])+0.5)/(float64(df[i])+0.5))
	}
	compare := func(a, b Hit) int {
		if o.PreferMoreWords && a.MatchedWords != b.MatchedWords {
			return b.MatchedWords - a.MatchedWords
		}
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Entry, a.Entry))
	}
	var hits []Hit
	for _, b := range blocks {
		for unit := range pagesPerBlock {
			h := Hit{Entry: makeEntry(b.scope, int64(b.number)*pagesPerBlock+int64(unit))}
			hasRequired := true
			for i, w := range b.wordScores {
				if w == nil || w[unit] == 0 {
					hasRequired = hasRequired && !q.words[i].required
					continue
				}
				h.MatchedWords++
				h.Score += idf[i] * float64(w[unit]) / 255
			}
			if h.MatchedWords == 0 || !hasRequired || o.Filter != nil && !o.Filter(h.Entry) {
				continue
			}
			if hits = append(hits, h); len(hits) >= 4*o.Limit+1024 {
				slices.SortFunc(hits, compare)
				hits = hits[:o.Limit]
			}
		}
	}
	slices.SortFunc(hits, compare)
	return hits[:min(len(hits), o.Limit)]
}

// scoreWord returns the score of a word on each page of a block, or nil if it is on none.
func (b *block) scoreWord(w queryWord, termIndex map[int64]int, slotWeights *[pagesPerBlock]uint8) *[pagesPerBlock]uint8 {
	var out *[pagesPerBlock]uint8
	for _, a := range w.alternatives {
		var matchedSlots [pagesPerBlock]uint8
		var sum [pagesPerBlock]uint16
		found := false
		for _, s := range a.slots {
			clear(slotWeights[:])
			for _, term := range s {
				n := termIndex[termHash(term)]
				for i, t := range b.terms {
					if t != n {
						continue
					}
					found = true
					for p := 0; p+1 < len(b.postings[i]); p += 2 {
						at := b.postings[i][p]
						slotWeights[at] = max(slotWeights[at], b.postings[i][p+1])
					}
				}
			}
			for i, v := range slotWeights {
				if v > 0 {
					matchedSlots[i]++
					sum[i] += uint16(v)
				}
			}
		}
		if !found {
			continue
		}
		required := cmp.Or(a.minSlots, len(a.slots))
		for i, n := range matchedSlots {
			if n == 0 || int(n) < required {
				continue
			}
			if out == nil {
				out = new([pagesPerBlock]uint8)
			}
			out[i] = max(out[i], uint8(max(1, a.weight*float64(sum[i])/float64(len(a.slots)))))
		}
	}
	return out
}
