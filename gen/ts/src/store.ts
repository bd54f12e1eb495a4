import type { Tokens } from './gen/types.gen.js';

/** Stores the tokens of a session. Tabs can share a store; it is read each time. */
export interface TokenStore {
  get(): Tokens | undefined;
  set(tokens: Tokens | undefined): void;
}

/** Keeps the tokens in memory: they are gone when the page is reloaded or the process ends. */
export function memoryStore(): TokenStore {
  let stored: Tokens | undefined;
  return {
    get: () => stored,
    set: (tokens) => {
      stored = tokens;
    },
  };
}

/**
 * Keeps the tokens in the browser's localStorage: all tabs of the origin share the session, and it stays
 * until it is signed out or expires. Every script of the origin can read it.
 */
export function localStorageStore(key = 'counsel.tokens'): TokenStore {
  return {
    get: () => parse(() => localStorage.getItem(key)),
    set: (tokens) => (tokens ? localStorage.setItem(key, JSON.stringify(tokens)) : localStorage.removeItem(key)),
  };
}

/**
 * Keeps the tokens in a cookie of the browser's session: all tabs share them, and they are gone when the
 * browser is closed. Every script of the origin can read it, and its server receives it.
 */
export function sessionCookieStore(name = 'counsel.tokens'): TokenStore {
  const attributes = () => `; Path=/; SameSite=Strict${location.protocol === 'https:' ? '; Secure' : ''}`;
  return {
    get: () =>
      parse(() => {
        const cookie = document.cookie.split('; ').find((each) => each.startsWith(`${name}=`));
        return cookie && decodeURIComponent(cookie.slice(name.length + 1));
      }),
    set(tokens) {
      const value = tokens ? encodeURIComponent(JSON.stringify(tokens)) : '';
      document.cookie = `${name}=${value}${attributes()}${tokens ? '' : '; Max-Age=0'}`;
    },
  };
}

/** What cannot be read was written by others, or may not be read: nobody is signed in. */
function parse(read: () => string | null | undefined): Tokens | undefined {
  try {
    const text = read();
    return text ? (JSON.parse(text) as Tokens) : undefined;
  } catch {
    return undefined;
  }
}
