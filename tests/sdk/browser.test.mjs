// The SDK in pages of a browser, against a running service (COUNSEL_URL).
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { Counsel, getCurrentUser, registerUser } from '@counsel/sdk';
import { findBrowser } from './browser.mjs';

const baseUrl = process.env.COUNSEL_URL;
const executablePath = findBrowser();
const password = 'correct horse battery';

describe('in a browser', { skip: !executablePath && !process.env.CI && 'no chromium is installed' }, () => {
  let browser, sdk;

  before(async () => {
    assert.ok(executablePath, 'CI needs chromium');
    const { outputFiles } = await build({
      stdin: { contents: "export * from '@counsel/sdk';", resolveDir: import.meta.dirname },
      bundle: true, logLevel: 'error', format: 'iife', globalName: 'sdk', footer: { js: 'globalThis.sdk = sdk;' }, write: false,
    });
    sdk = outputFiles[0].text;
    browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox', '--disable-gpu'] });
  });

  after(() => browser?.close());

  /** A browser of its own, with a signed-in account's tokens in localStorage. */
  async function signedIn(t) {
    const counsel = new Counsel({ baseUrl });
    const email = `browser-${randomUUID()}@example.com`;
    await registerUser({ client: counsel.client, body: { email, password, fullName: 'Ada Lovelace' } });
    await counsel.login({ email, password });
    const { id: userId } = await getCurrentUser({ client: counsel.client });
    const context = await browser.newContext();
    t.after(() => context.close());
    await context.addInitScript(sdk);
    const open = async () => {
      const page = await context.newPage();
      await page.goto(`${baseUrl}/livez`);
      return page;
    };
    return { context, open, userId, tokens: counsel.tokens };
  }

  const store = (page, tokens) => page.evaluate((tokens) => sdk.localStorageStore().set(tokens), tokens);

  for (const [name, ask] of Object.entries({
    'whose last event ends the loop': async (userId) => {
      const { client } = new sdk.Counsel({ store: sdk.localStorageStore() });
      for await (const event of sdk.streamChat({ client, body: { userId, message: 'How long is notice?' } })) if (event.type === 'done') return true;
    },
    'that is read to its end': async (userId) => {
      const { client } = new sdk.Counsel({ store: sdk.localStorageStore() });
      let last;
      for await (const event of sdk.streamChat({ client, body: { userId, message: 'How long is a lease?' } })) last = event.type;
      return last === 'done';
    },
  })) {
    test(`a stream ${name} is no failed request in the network panel`, async (t) => {
      const { open, context, userId, tokens } = await signedIn(t);
      const page = await open();
      await store(page, tokens);
      const network = await context.newCDPSession(page);
      await network.send('Network.enable');
      const chats = new Set();
      const failed = [];
      const ended = new Promise((resolve) => {
        network.on('Network.requestWillBeSent', ({ requestId, request }) => request.url.endsWith('/api/ai/chat') && chats.add(requestId));
        network.on('Network.loadingFailed', (event) => chats.has(event.requestId) && resolve(failed.push(event.errorText)));
        network.on('Network.loadingFinished', ({ requestId }) => chats.has(requestId) && resolve());
      });
      assert.equal(await page.evaluate(ask, userId), true);
      await ended;
      assert.deepEqual(failed, []);
    });
  }

  test('ten tabs whose token has expired refresh it once', async (t) => {
    const { open, context, tokens } = await signedIn(t);
    const pages = await Promise.all(Array.from({ length: 10 }, open));
    await store(pages[0], { ...tokens, accessToken: `${tokens.accessToken.slice(0, -4)}AAAA` });
    const refreshes = [];
    context.on('request', (request) => request.url().endsWith('/api/auth/refresh') && refreshes.push(request));
    const emails = await Promise.all(pages.map((page) => page.evaluate(async () => {
      const { client } = new sdk.Counsel({ store: sdk.localStorageStore() });
      const both = await Promise.all([sdk.getCurrentUser({ client }), sdk.getCurrentUser({ client })]);
      return both[0].email;
    })));
    assert.equal(new Set(emails).size, 1);
    assert.equal(refreshes.length, 1);
  });
});
