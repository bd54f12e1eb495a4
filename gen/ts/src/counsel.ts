import { CounselError } from './error.js';
import { type Client, createClient, createConfig } from './gen/client/index.js';
import { loginUser, logoutUser, refreshTokens } from './gen/sdk.gen.js';
import type { ClientOptions, LoginRequest, Tokens } from './gen/types.gen.js';

/** Where the tokens of a session are kept. Anything shared by tabs works: each read is fresh. */
export interface TokenStore {
  get(): Tokens | undefined;
  set(tokens: Tokens | undefined): void;
}

export interface CounselOptions {
  /** Where the service is, such as `https://counsel.example`. Default: the page's origin. */
  baseUrl?: string;
  /** Where tokens are kept. Default: memory. */
  store?: TokenStore;
  /** The client to set up. Default: a new one; pass the exported `client` to make it everyone's. */
  client?: Client;
  fetch?: typeof fetch;
}

/**
 * A session: a client that sends its access token, and renews it when it has expired.
 *
 * Refresh tokens are good once, so that however many calls meet a 401 at the same time,
 * one renews and all go on with what it got; where the browser has locks that holds
 * across tabs. A call is sent again at most once. When the session is over the store is
 * emptied and the 401 is thrown; when renewing fails for another reason that is thrown and
 * the tokens stay.
 */
export class Counsel {
  /** Pass it to the operations: `sendChat({ client: counsel.client, body })`. */
  readonly client: Client;
  readonly #store: TokenStore;
  readonly #fetch: typeof fetch;
  /** The tokens given out last, so that no other caller's request is answered with ours. */
  readonly #given = new Set<string>();
  #renewal: Promise<boolean> | undefined;

  constructor(options: CounselOptions = {}) {
    this.#store = options.store ?? memoryStore();
    this.#fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.client = options.client ?? createClient(createConfig<ClientOptions>({ throwOnError: true }));
    this.client.setConfig({
      baseUrl: (options.baseUrl ?? '').replace(/\/+$/, ''),
      auth: () => this.#give(),
      fetch: (input, init) => this.#send(new Request(input, init)),
      throwOnError: true,
    });
    this.client.interceptors.error.use((error, response) =>
      (response as Response | undefined) ? CounselError.of(error, response) : error,
    );
  }

  /** The tokens of the session; undefined when signed out. */
  get tokens(): Tokens | undefined {
    return this.#store.get();
  }

  /** Signs in. Throws a CounselError of status 401 for an unknown address or a wrong password. */
  async login(credentials: LoginRequest): Promise<void> {
    this.#store.set(await loginUser({ client: this.client, body: credentials }));
  }

  /** Signs out. The tokens are gone afterwards, also when the service could not be told. */
  async logout(): Promise<void> {
    try {
      if (this.tokens) await logoutUser({ client: this.client });
    } catch (error) {
      if (!(error instanceof CounselError && error.status === 401)) throw error;
    } finally {
      this.#store.set(undefined);
    }
  }

  #give(): string | undefined {
    const token = this.tokens?.accessToken;
    if (token) {
      this.#given.delete(token);
      this.#given.add(token);
      for (const old of this.#given) {
        if (this.#given.size <= 4) break;
        this.#given.delete(old);
      }
    }
    return token;
  }

  async #send(request: Request): Promise<Response> {
    const sent = request.headers.get('Authorization')?.slice('Bearer '.length);
    if (!sent || !this.#given.has(sent)) return this.#fetch(request);
    const again = request.clone();
    const response = await this.#fetch(request);
    if (response.status !== 401 || !(await this.#renew(sent))) return response;
    await response.body?.cancel();
    again.headers.set('Authorization', `Bearer ${this.#give() ?? ''}`);
    return this.#fetch(again);
  }

  /** Sees to it that the store holds another access token than `spent`; false: signed out. */
  #renew(spent: string): Promise<boolean> {
    this.#renewal ??= exclusively(async () => {
      const held = this.tokens;
      if (!held) return false;
      if (held.accessToken !== spent) return true;
      const isHeld = () => this.tokens?.refreshToken === held.refreshToken;
      try {
        const renewed = await refreshTokens({ client: this.client, body: { refreshToken: held.refreshToken } });
        if (isHeld()) this.#store.set(renewed);
      } catch (error) {
        if (!(error instanceof CounselError && error.status === 401)) throw error;
        if (isHeld()) this.#store.set(undefined);
      }
      return this.tokens !== undefined;
    }).finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }
}

function memoryStore(): TokenStore {
  let held: Tokens | undefined;
  return {
    get: () => held,
    set: (tokens) => {
      held = tokens;
    },
  };
}

async function exclusively<T>(run: () => Promise<T>): Promise<T> {
  const locks = (globalThis.navigator as Navigator | undefined)?.locks;
  return locks ? await locks.request('counsel.refresh', run) : await run();
}
