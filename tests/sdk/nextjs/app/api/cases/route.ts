// Route handlers: what the browser may do, with the key of the server.
import { CounselError, createCase, type CreateCaseRequest, listCases } from '@counsel/sdk';
import { program } from '../../../lib/program';

async function respond<T>(status: number, call: Promise<T>): Promise<Response> {
  try {
    return Response.json(await call, { status });
  } catch (error) {
    if (!(error instanceof CounselError)) throw error;
    const { type, title, status, detail, code, requestId, errors } = error;
    const headers = { 'Content-Type': 'application/problem+json' };
    return Response.json({ type, title, status, detail, code, requestId, errors }, { status, headers });
  }
}

export function GET(request: Request): Promise<Response> {
  const limit = Number(new URL(request.url).searchParams.get('limit') ?? 20);
  return respond(200, listCases({ client: program(), query: { limit } }));
}

export async function POST(request: Request): Promise<Response> {
  const key = request.headers.get('Idempotency-Key');
  const headers = key ? { headers: { 'Idempotency-Key': key } } : {};
  return respond(201, createCase({ client: program(), body: (await request.json()) as CreateCaseRequest, ...headers }));
}
