import type { FieldError, Problem, ProblemCode } from './gen/types.gen.js';

/**
 * The codes of problems, and those of failures without one: `unknown` for a response that is not a
 * problem document, such as a proxy's error page; `incomplete_stream` for a stream that ended early;
 * `connection_failed` and `timed_out` for no response at all. A later version of the service can send others.
 */
export type CounselErrorCode = ProblemCode | 'unknown' | 'incomplete_stream' | 'connection_failed' | 'timed_out' | (string & {});

/**
 * A failed request, with the fields of its RFC 9457 problem document. `code` is stable and meant
 * for programs, `detail` for people. The subclasses are the kinds of failures a program treats alike.
 */
export class CounselError extends Error implements Problem {
  override readonly name: string = 'CounselError';
  readonly type: string;
  readonly title: string;
  /** The HTTP status; in a stream, the status that the same failure would have had; 0 without a response. */
  readonly status: number;
  readonly detail?: string;
  readonly instance?: string;
  readonly code: CounselErrorCode;
  /** Identifies the request in the service's logs: quote it in support requests. */
  readonly requestId: string;
  /** The invalid fields, each by its JSON Pointer into the body. */
  readonly errors: FieldError[];
  /** Seconds to wait before a retry, if the service sent Retry-After. */
  readonly retryAfter?: number;

  constructor(problem: Partial<Problem>, response?: Response, options?: ErrorOptions) {
    const title = problem.title ?? (response?.statusText || 'Request failed');
    super(problem.detail ?? title, options);
    this.type = problem.type ?? 'about:blank';
    this.title = title;
    this.status = response?.status ?? problem.status ?? 500;
    if (problem.detail !== undefined) this.detail = problem.detail;
    if (problem.instance !== undefined) this.instance = problem.instance;
    this.code = problem.code ?? 'unknown';
    this.requestId = problem.requestId ?? response?.headers.get('X-Request-Id') ?? '';
    this.errors = problem.errors ?? [];
    const wait = retryAfterOf(response);
    if (wait !== undefined) this.retryAfter = wait;
  }

  /** Creates the error of a failed response from its body, whatever that contains. */
  static of(body: unknown, response?: Response): CounselError {
    const problem = problemIn(body);
    const Kind = kinds[response?.status ?? problem.status ?? 500] ?? CounselError;
    return new Kind(problem, response);
  }
}

/** The request is wrong (400, 413, 422): `errors` names the fields. Sending it again fails again. */
export class InvalidRequestError extends CounselError {
  override readonly name = 'InvalidRequestError';
}

/** The caller is not signed in, or no longer (401). */
export class UnauthenticatedError extends CounselError {
  override readonly name = 'UnauthenticatedError';
}

/** The caller's role does not allow this (403). */
export class ForbiddenError extends CounselError {
  override readonly name = 'ForbiddenError';
}

/** It does not exist, or not for the caller (404). */
export class NotFoundError extends CounselError {
  override readonly name = 'NotFoundError';
}

/** The state of the resource does not allow this, or it was changed meanwhile (409). */
export class ConflictError extends CounselError {
  override readonly name = 'ConflictError';
}

/** Too many requests, or a budget is spent (429): wait `retryAfter` seconds. */
export class RateLimitedError extends CounselError {
  override readonly name = 'RateLimitedError';
}

/** The service, or one it needs, is not available (502, 503, 504): try again later. */
export class UnavailableError extends CounselError {
  override readonly name = 'UnavailableError';
}

/** No response: the network failed. `cause` is the runtime's error. Whether the request was processed is unknown. */
export class ConnectionError extends CounselError {
  override readonly name: string = 'ConnectionError';

  constructor(cause?: unknown, problem: Partial<Problem> = { title: 'Connection failed', code: 'connection_failed' }) {
    super({ status: 0, ...problem }, undefined, { cause });
  }
}

/** No response in time: the `timeout` of the session, or a signal of AbortSignal.timeout. */
export class TimeoutError extends ConnectionError {
  override readonly name = 'TimeoutError';

  constructor(cause?: unknown) {
    super(cause, { title: 'Timed out', code: 'timed_out' });
  }
}

const kinds: Record<number, typeof CounselError> = {
  400: InvalidRequestError,
  401: UnauthenticatedError,
  403: ForbiddenError,
  404: NotFoundError,
  409: ConflictError,
  413: InvalidRequestError,
  422: InvalidRequestError,
  429: RateLimitedError,
  502: UnavailableError,
  503: UnavailableError,
  504: UnavailableError,
};

/** What to throw for an error of fetch, or of reading a body: what the caller aborted stays as it is. */
export function fetchError(error: unknown, signal?: AbortSignal | null): unknown {
  if (error instanceof CounselError) return error;
  if ((error as Error | undefined)?.name === 'TimeoutError') return new TimeoutError(error);
  if (error instanceof SyntaxError) return new UnavailableError({ title: 'Not an answer of the service', status: 502 }, undefined, { cause: error });
  return signal?.aborted ? error : new ConnectionError(error);
}

/** The seconds of Retry-After: a number or, as from proxies, a date. */
export function retryAfterOf(response: Response | undefined): number | undefined {
  const value = response?.headers.get('Retry-After');
  if (!value) return undefined;
  // The sender's clock, because this one may be wrong.
  const now = Date.parse(response?.headers.get('Date') ?? '') || Date.now();
  const seconds = /^\d+$/.test(value) ? Number(value) : Math.ceil((Date.parse(value) - now) / 1000);
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}

/** What of a body is a problem. Proxies write JSON of their own, with other values under the same names. */
function problemIn(body: unknown): Partial<Problem> {
  const { status, errors, ...rest } = (typeof body === 'object' ? { ...body } : {}) as Record<string, unknown>;
  const texts = Object.entries(rest).filter(([, value]) => typeof value === 'string');
  return {
    ...(Object.fromEntries(texts) as Partial<Problem>),
    ...(Number.isInteger(status) && { status: status as number }),
    ...(Array.isArray(errors) && { errors: errors as FieldError[] }),
  };
}
