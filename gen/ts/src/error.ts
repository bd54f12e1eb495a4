import type { FieldError, Problem } from './gen/types.gen.js';

/**
 * A failed request, with the fields of its RFC 9457 problem document. `code` is stable and meant
 * for programs, `detail` for people. A response that is not a problem document, such as a proxy's
 * error page, has the code `unknown`.
 */
export class CounselError extends Error implements Problem {
  override readonly name = 'CounselError';
  readonly type: string;
  readonly title: string;
  /** The HTTP status; in a stream, the status that the same failure would have had. */
  readonly status: number;
  readonly detail?: string;
  readonly instance?: string;
  readonly code: string;
  /** Identifies the request in the service's logs: quote it in support requests. */
  readonly requestId: string;
  /** The invalid fields, each by its JSON Pointer into the body. */
  readonly errors: FieldError[];
  /** Seconds to wait before a retry, if the service sent Retry-After. */
  readonly retryAfter?: number;

  constructor(problem: Partial<Problem>, response?: Response) {
    const title = problem.title ?? (response?.statusText || 'Request failed');
    super(problem.detail ?? title);
    this.type = problem.type ?? 'about:blank';
    this.title = title;
    this.status = problem.status ?? response?.status ?? 500;
    if (problem.detail !== undefined) this.detail = problem.detail;
    if (problem.instance !== undefined) this.instance = problem.instance;
    this.code = problem.code ?? 'unknown';
    this.requestId = problem.requestId ?? response?.headers.get('X-Request-Id') ?? '';
    this.errors = problem.errors ?? [];
    const wait = response?.headers.get('Retry-After');
    if (wait && /^\d+$/.test(wait)) this.retryAfter = Number(wait);
  }

  /** Creates the error of a failed response from its body, whatever that contains. */
  static of(body: unknown, response: Response): CounselError {
    return new CounselError(isObject(body) ? (body as Partial<Problem>) : {}, response);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
