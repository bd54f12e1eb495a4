import { UnavailableError } from './error.js';

/** An operation that returns a page of a list. */
type List = (options: any) => Promise<{ items: unknown[]; nextCursor?: string } | undefined>;

/** What a page of the list has. */
type Item<L extends List> = NonNullable<Awaited<ReturnType<L>>>['items'][number];

/**
 * Yields the items of all pages of a list: `for await (const item of paginate(listCases, { client }))`.
 * Each page is requested when it is reached, with `query.limit` items. Leaving the loop ends it.
 */
export async function* paginate<L extends List>(list: L, options: NonNullable<Parameters<L>[0]>): AsyncGenerator<Item<L>, void, undefined> {
  let { query } = options;
  for (;;) {
    const page = await list({ ...options, query, responseStyle: 'data', throwOnError: true });
    yield* page!.items as Item<L>[];
    if (!page!.nextCursor) return;
    if (page!.nextCursor === query?.cursor) throw new UnavailableError({ title: 'The service sent the cursor of the same page again', status: 502 });
    query = { ...query, cursor: page!.nextCursor };
  }
}
