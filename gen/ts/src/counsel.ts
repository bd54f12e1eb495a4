import { CounselError, fetchError } from './error.js';
import { type Client, createClient as newClient, createConfig } from './gen/client/index.js';
import { loginUser, logoutUser, refreshTokens } from './gen/sdk.gen.js';
import type { ClientOptions, LoginRequest, Tokens } from './gen/types.gen.js';
import { type CallOptions, pause, retryingFetch, type RetryOptions } from './retry.js';
import { memoryStore, type TokenStore } from './store.js';

export interface CounselOptions extends RetryOptions {
  /** The URL of the service, such as `https://counsel.example`. Default: the page's origin. */
  baseUrl?: string;
  /** An API key of a program, with which calls are made in place of a session. Never in a page: who reads it has the key. */
  apiKey?: string;
  /** Where tokens are stored. Default: memory. */
  store?: TokenStore;
  /** The client to configure. Default: a new one; pass the exported `client` to configure the default. */
  client?: Client;
  fetch?: typeof fetch;
}

/**
 * A session: a client that sends its access token and refreshes it when it has expired.
 *
 * A refresh token can be used once. If several calls get a 401 at the same time, one refreshes the
 * tokens and all use the new ones, also across tabs if the browser supports locks. A call is retried
 * at most once for that. When the session has ended, the store is emptied and the 401 is thrown. If the
 * refresh fails for another reason, that error is thrown and the tokens stay.
 */
export class Counsel {
  /** Pass it to the operations: `sendChat({ client: counsel.client, body })`. */
  readonly client: Client;
  readonly #store: TokenStore;
  readonly #fetch: ReturnType<typeof retryingFetch>;
  /** The options of the calls under way. */
  readonly #calls = new WeakMap<Request, CallOptions>();
  /** The access tokens used lately: a request with any other token is not retried. */
  readonly #used = new Set<string>();
  readonly #apiKey: string | undefined;
  #refreshing: Promise<boolean> | undefined;

  constructor(options: CounselOptions = {}) {
    this.#apiKey = options.apiKey?.trim(); // files end with a newline
    // fetch would put the key into the message of its error.
    if (/[^!-~]/.test(this.#apiKey ?? '')) throw new TypeError('The API key has characters that no key has.');
    this.#store = options.store ?? memoryStore();
    this.#fetch = retryingFetch(options.fetch ?? ((input, init) => globalThis.fetch(input, init)), options);
    this.client = options.client ?? newClient(createConfig<ClientOptions>({ throwOnError: true }));
    this.client.setConfig({
      baseUrl: (options.baseUrl ?? '').replace(/\/+$/, ''),
      auth: () => this.#apiKey ?? this.#useToken(),
      redirect: 'manual', // it would take the body, and from some runtimes the key, to another server
      fetch: (input, init) => this.#send(new Request(input, init), this.#calls.get(input as Request)),
      throwOnError: true,
    });
    this.client.interceptors.request.use((request, call) => {
      this.#calls.set(request, call as CallOptions);
      return request;
    });
    this.client.interceptors.error.use((error, response, request) =>
      (response as Response | undefined) ? CounselError.of(error, response) : fetchError(error, request.signal),
    );
  }

  /** The tokens of the session; undefined when signed out. */
  get tokens(): Tokens | undefined {
    return this.#store.get();
  }

  /** Signs in. Throws a CounselError of status 401 for an unknown address or a wrong password. Not with an API key. */
  async login(credentials: LoginRequest): Promise<void> {
    if (this.#apiKey) throw new TypeError('A client with an API key cannot sign in.');
    this.#store.set(await loginUser({ client: this.client, body: credentials }));
  }

  /** Signs out. The tokens are removed even if the service cannot be reached. */
  async logout(): Promise<void> {
    try {
      if (this.tokens) await logoutUser({ client: this.client });
    } catch (error) {
      if (!(error instanceof CounselError && error.status === 401)) throw error;
    } finally {
      this.#store.set(undefined);
    }
  }

  #useToken(): string | undefined {
    const token = this.tokens?.accessToken;
    if (token) {
      if (this.#used.size > 99) this.#used.clear();
      this.#used.add(token);
    }
    return token;
  }

  async #send(request: Request, call?: CallOptions): Promise<Response> {
    const sent = request.headers.get('Authorization')?.slice('Bearer '.length);
    if (!sent || !this.#used.has(sent)) return notPage(await this.#fetch(request, call), request.url);
    const retry = request.clone();
    const response = await this.#fetch(request, call);
    if (response.status === 401 && (await this.#refresh(sent))) {
      await response.body?.cancel();
      retry.headers.set('Authorization', `Bearer ${this.#useToken() ?? ''}`);
      return notPage(await this.#fetch(retry, call), request.url);
    }
    return notPage(response, request.url);
  }

  /** Makes sure that the store has an access token other than `expired`; false: signed out. */
  #refresh(expired: string): Promise<boolean> {
    this.#refreshing ??= withLock(async (written) => {
      const current = this.tokens;
      if (!current) return false;
      if (current.accessToken !== expired) return true;
      const isCurrent = () => this.tokens?.refreshToken === current.refreshToken;
      try {
        const refreshed = await refreshTokens({ client: this.client, body: { refreshToken: current.refreshToken } });
        if (isCurrent()) {
          this.#store.set(refreshed);
          written();
        }
      } catch (error) {
        if (!(error instanceof CounselError && error.status === 401)) throw error;
        if (isCurrent()) this.#store.set(undefined);
      }
      return this.tokens !== undefined;
    }).finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }
}

/** A client for the operations, such as one with an API key: `createClient({ baseUrl, apiKey })`. Its 401s are thrown at once. */
export function createClient(options: CounselOptions): Client {
  return new Counsel(options).client;
}

/** Nothing below /api/ is a web page or redirects: a proxy or the sign-in page of a network answered, not the service. */
function notPage(response: Response, url: string): Response {
  const { status } = response;
  const redirects = response.type === 'opaqueredirect' || (status >= 300 && status < 400 && status !== 304);
  const page = response.ok && response.headers.get('Content-Type')?.startsWith('text/html');
  if (!url.includes('/api/') || !(redirects || page)) return response;
  void response.body?.cancel();
  return new Response(null, { status: 502, statusText: 'Not an answer of the service' });
}

/**
 * Runs one at a time of all tabs. After `written`, the next one waits: browsers show what a tab wrote to
 * localStorage to others a little later.
 */
function withLock<T>(run: (written: () => void) => Promise<T>): Promise<T> {
  const locks = (globalThis.navigator as Navigator | undefined)?.locks;
  return new Promise((resolve, reject) => {
    let wait: Promise<void> | undefined;
    const locked = () => run(() => (wait = pause(200))).then(resolve, reject).then(() => wait);
    void (locks ? locks.request('counsel.refresh', locked) : locked());
  });
}
