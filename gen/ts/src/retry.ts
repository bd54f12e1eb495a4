import { retryAfterOf, TimeoutError } from './error.js';

export interface RetryOptions {
  /**
   * How often a request is sent again, at most. Default: 2. Requests that are safe to repeat (GET, and
   * those with an Idempotency-Key) are, after a network fault, a timeout, and the statuses 429, 502 and
   * 503.
   */
  retries?: number;
  /** How long one attempt waits for the response to begin, in milliseconds. Default: no limit. */
  timeout?: number;
}

/** Of one call: what overrides the options of the session. */
export interface CallOptions extends RetryOptions {}

/** In the options of a call: wraps the fetch that sends each attempt. */
export const transport = Symbol('transport');

interface SentOptions extends CallOptions {
  [transport]?: (fetch: typeof globalThis.fetch) => typeof globalThis.fetch;
}

/** The longest Retry-After that is waited for, in seconds. After a longer one, the response is final. */
const maxRetryAfter = 30;

/** A fetch that repeats what is safe to repeat. All attempts have the same body and Idempotency-Key. */
export function retryingFetch(base: typeof globalThis.fetch, session: RetryOptions): (request: Request, call?: SentOptions) => Promise<Response> {
  return async (request, call) => {
    const { retries = 2, timeout, [transport]: wrap } = { ...session, ...call } as SentOptions;
    const fetch = wrap ? wrap(base) : base;
    const keyed = request.headers.has('Idempotency-Key');
    const left = keyed || request.method === 'GET' ? retries : 0;
    for (let attempt = 0; ; attempt++) {
      // Without a copy, the body could be sent only once.
      const sent = attempt < left ? request.clone() : request;
      let wait = 500 * 2 ** attempt * (0.75 + Math.random() / 2);
      try {
        const response = timeout ? await withTimeout(fetch, sent, timeout) : await fetch(sent);
        const { status } = response;
        const retryAfter = retryAfterOf(response);
        // 409 with Retry-After: an earlier attempt is still being processed.
        const passing = status === 429 || status === 502 || status === 503 || (status === 409 && keyed && retryAfter !== undefined);
        if (!passing || attempt >= left || (retryAfter ?? 0) > maxRetryAfter) return response;
        if (retryAfter !== undefined) wait = retryAfter * 1000;
        await response.body?.cancel();
      } catch (error) {
        if (attempt >= left || request.signal.aborted) throw error;
      }
      await pause(wait, request.signal);
    }
  };
}

async function withTimeout(fetch: typeof globalThis.fetch, request: Request, timeout: number): Promise<Response> {
  const controller = new AbortController();
  const abort = () => controller.abort(request.signal.reason);
  if (request.signal.aborted) abort();
  // It stays after the response has begun, so that the signal also ends a stream.
  request.signal.addEventListener('abort', abort);
  const timer = setTimeout(() => controller.abort(new TimeoutError()), timeout);
  try {
    return await fetch(request, { signal: controller.signal });
  } finally {
    clearTimeout(timer);
  }
}

/** A new key: 128 random bits. crypto.randomUUID would need a secure context. */
export function idempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Waits; aborting `signal` throws its reason. */
export function pause(ms: number, signal?: AbortSignal | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
  });
}
