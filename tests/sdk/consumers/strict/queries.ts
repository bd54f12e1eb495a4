// Compiled, not run: what a frontend writes, under the strictest settings of TypeScript.
import { QueryClient, useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { Counsel, listCases, sendChat, streamChat } from '@counsel/sdk';
import { createCaseMutation, getCurrentUserOptions, listCasesInfiniteOptions, listCasesOptions } from '@counsel/sdk/react-query';

const { client } = new Counsel({ baseUrl: 'https://counsel.example' });

export function useEverything() {
  const user = useQuery(getCurrentUserOptions({ client }));
  const cases = useQuery({ ...listCasesOptions({ client, query: { limit: 5 } }), staleTime: 1000 });
  const pages = useInfiniteQuery(listCasesInfiniteOptions({ client, query: { limit: 5 } }));
  const create = useMutation(createCaseMutation({ client }));
  return [user.data?.email, cases.data?.items.length, pages.data?.pages.length, create.mutate];
}

export async function prefetch() {
  const queries = new QueryClient();
  await queries.fetchQuery(getCurrentUserOptions({ client }));
  await queries.fetchInfiniteQuery(listCasesInfiniteOptions({ client }));
}

export async function ask(userId: string): Promise<string> {
  const { items } = await listCases({ client, query: { limit: 5 } });
  const context = items[0] ? { context: { caseId: items[0].id } } : {};
  const { answer } = await sendChat({ client, body: { userId, message: 'How long?', ...context } });
  for await (const event of streamChat({ client, body: { userId, message: answer } })) {
    if (event.type === 'done') return event.response.answer;
  }
  return answer;
}
