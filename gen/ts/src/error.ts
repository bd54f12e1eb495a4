import type { FieldError, Problem } from './gen/types.gen.js';

/**
 * A request the service refused or could not carry out: its RFC 9457 problem as an Error.
 * `code` is stable and meant for programs, `detail` for people. An answer that is no
 * problem document (a proxy's page, say) has the code `unknown`.
 */
export class CounselError extends Error implements Problem {
  override readonly name = 'CounselError';
  readonly type: string;
  readonly title: string;
  /** The HTTP status; inside a stream the one the same failure would have had. */
  readonly status: number;
  readonly detail: string | undefined;
  readonly instance: string | undefined;
  readonly code: string;
  /** Quote it when asking for help: it finds the request in the service's logs. */
  readonly requestId: string;
  /** The fields that were not acceptable, each by its JSON Pointer into the body. */
  readonly errors: FieldError[];
  /** Seconds to wait before another try, when the service said so. */
  readonly retryAfter: number | undefined;

  constructor(problem: Partial<Problem>, response?: Response) {
    const title = problem.title ?? (response?.statusText || 'Request failed');
    super(problem.detail ?? title);
    this.type = problem.type ?? 'about:blank';
    this.title = title;
    this.status = problem.status ?? response?.status ?? 500;
    this.detail = problem.detail;
    this.instance = problem.instance;
    this.code = problem.code ?? 'unknown';
    this.requestId = problem.requestId ?? response?.headers.get('X-Request-Id') ?? '';
    this.errors = problem.errors ?? [];
    const wait = response?.headers.get('Retry-After');
    this.retryAfter = wait && /^\d+$/.test(wait) ? Number(wait) : undefined;
  }

  /** Makes the error of a failed answer from its body, whatever that holds. */
  static of(body: unknown, response: Response): CounselError {
    return new CounselError(isObject(body) ? (body as Partial<Problem>) : {}, response);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
