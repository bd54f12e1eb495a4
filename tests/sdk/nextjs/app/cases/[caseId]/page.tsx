import { notFound } from 'next/navigation';
import { getCase, NotFoundError } from '@counsel/sdk';
import { program } from '../../../lib/program';

export default async function Page({ params }: { params: Promise<{ caseId: string }> }) {
  const { caseId } = await params;
  const found = await getCase({ client: program(), path: { caseId } }).catch((error: unknown) => {
    if (error instanceof NotFoundError) notFound();
    throw error;
  });
  return <h1>{found.title}</h1>;
}
