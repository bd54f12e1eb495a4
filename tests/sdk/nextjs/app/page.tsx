// A page rendered on the server, whose data the client component takes over.
import { dehydrate, HydrationBoundary, QueryClient } from '@tanstack/react-query';
import { getCurrentUser, listCases } from '@counsel/sdk';
import { listCasesOptions } from '@counsel/sdk/react-query';
import { client, query } from '../lib/page';
import { program } from '../lib/program';
import { Cases } from './cases';

export const dynamic = 'force-dynamic';

export default async function Page() {
  const server = program();
  const queries = new QueryClient();
  const [user] = await Promise.all([
    getCurrentUser({ client: server }),
    queries.prefetchQuery({ ...listCasesOptions({ client, query }), queryFn: () => listCases({ client: server, query }) }),
  ]);
  return (
    <main>
      <h1>Cases of {user.fullName}</h1>
      <HydrationBoundary state={dehydrate(queries)}>
        <Cases />
      </HydrationBoundary>
    </main>
  );
}
