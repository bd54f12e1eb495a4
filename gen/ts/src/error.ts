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
  readonly detail?: string;
  readonly instance?: string;
  readonly code: string;
  /** Quote it when asking for help: it finds the request in the service's logs. */
  readonly requestId: string;
  /** The fields that were not acceptable, each by its JSON Pointer into the body. */
  readonly errors: FieldError[];
  /** Seconds to wait before another try, when the service said so. */
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

  /** Makes the error of a failed answer from its body, whatever that holds. */
  static of(body: unknown, response: Response): CounselError {
    return new CounselError(isObject(body) ? (body as Partial<Problem>) : {}, response);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
