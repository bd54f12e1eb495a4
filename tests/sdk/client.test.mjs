// What the SDK itself promises, against a server that misbehaves on cue: streams, errors,
// renewing tokens. It needs no Counsel.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import {
  ConflictError, ConnectionError, Counsel, CounselError, createClient, deleteDraft, downloadDocument, ForbiddenError, getCurrentUser, InvalidRequestError, listConsultations,
  localStorageStore, NotFoundError, paginate, RateLimitedError, registerUser, sendChat, sessionCookieStore, streamChat, TimeoutError, UnauthenticatedError, UnavailableError,
  uploadDocument, verifyWebhook, waitForJob,
} from '@counsel/sdk';
import { getCurrentUserOptions, listConsultationsInfiniteOptions } from '@counsel/sdk/react-query';

const id = '019ab4c2-7c1e-7a52-9a51-3b6a0f1c2d4e';
const user = { id, email: 'ada@example.com', fullName: 'Ada Lovelace', role: 'client', disabled: false, createdAt: '2026-11-25T09:00:00Z' };
const response = { answer: 'Two to five years.', references: [], tokensUsed: 7, cached: false, consultationId: id };
const question = { userId: id, message: 'How long?' };
const tokens = (n) => ({ accessToken: `access${n}`, tokenType: 'Bearer', expiresIn: 900, refreshToken: `refresh${n}` });

/** Serves `handle`; answers the requests it got, with their bodies, as they came. */
async function serve(t, handle) {
  const got = [];
  const server = createServer(async (request, answer) => {
    let body = '';
    for await (const piece of request) body += piece;
    got.push({ method: request.method, url: request.url, headers: request.headers, body: request.headers['content-type']?.startsWith('application/json') ? JSON.parse(body) : body });
    await handle(got.at(-1), answer, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { baseUrl: `http://127.0.0.1:${server.address().port}`, got };
}

function store(held) {
  return { get: () => held, set: (next) => void (held = next) };
}

function json(answer, status, body, headers = {}) {
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  answer.writeHead(status, { 'Content-Type': type, ...headers }).end(JSON.stringify(body));
}

const problem = (status, code, more) => ({ type: `https://counsel.example/docs/errors#${code}`, title: 'No', status, code, requestId: 'r1', ...more });

/** A signal: `give` hands a value to whoever waits for `given`. */
function signal() {
  let give;
  const given = new Promise((resolve) => void (give = resolve));
  return { give, given };
}

async function all(events) {
  const list = [];
  for await (const event of events) list.push(event);
  return list;
}

/** A client whose chat answers an event stream that comes in just these pieces. */
function inPieces(pieces) {
  const encoder = new TextEncoder();
  const rest = pieces.map((piece) => (typeof piece === 'string' ? encoder.encode(piece) : piece));
  const body = new ReadableStream({
    pull(controller) {
      if (rest.length > 0) controller.enqueue(rest.shift());
      else controller.close();
    },
  });
  const sent = [];
  const fetch = async (request) => {
    sent.push(request);
    return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
  };
  return { client: new Counsel({ baseUrl: 'http://counsel.test', fetch }).client, sent };
}

/** A server that answers chat with the given pieces of an event stream, then `end`s. */
function streaming(t, pieces, end = (answer) => answer.end()) {
  return serve(t, async (_, answer) => {
    answer.writeHead(200, { 'Content-Type': 'text/event-stream' });
    for (const piece of pieces) await new Promise((written) => answer.write(piece, written));
    end(answer);
  });
}

const delta = (text) => ({ type: 'delta', text });
const done = { type: 'done', response };

for (const [name, pieces] of Object.entries({
  'one event a piece': [`event: delta\ndata: ${JSON.stringify(delta('Two '))}\n\n`, `event: done\ndata: ${JSON.stringify(done)}\n\n`],
  'all events at once': [`data:${JSON.stringify(delta('Two '))}\n\ndata:${JSON.stringify(done)}\n\n`],
  'CRLF cut in two, comments, other fields': [': hello\r', `\nid: 1\r\nretry: 1\r\nevent: delta\r`, '\ndata: {"type":"delta",\r', '\ndata: "text":"Two "}\r', '\n\r', `\n:\r\n\r\ndata: ${JSON.stringify(done)}\r\n\r\n`],
  'data over several lines': [`data: {"type":"delta",\ndata: "text":"Two "}\n\ndata: ${JSON.stringify(done)}\n\n`],
  'nothing counts after done': [`data: ${JSON.stringify(delta('Two '))}\n\ndata: ${JSON.stringify(done)}\n\ndata: garbage\n\n`],
})) {
  test(`streamChat: ${name}`, async () => {
    const { client, sent } = inPieces(pieces);
    assert.deepEqual(await all(streamChat({ client, body: question })), [delta('Two '), done]);
    assert.equal(sent[0].headers.get('Accept'), 'text/event-stream');
    assert.deepEqual(await sent[0].json(), question);
  });
}

test('streamChat: a character cut in two arrives whole', async () => {
  const bytes = Buffer.from(`data: ${JSON.stringify(delta('§ 👩‍⚖️'))}\n\ndata: ${JSON.stringify(done)}\n\n`);
  const { client } = inPieces([...bytes].map((byte) => Uint8Array.of(byte)));
  assert.equal((await all(streamChat({ client, body: question })))[0].text, '§ 👩‍⚖️');
});

test('streamChat: nothing is yielded after aborting, even if it has already arrived', async () => {
  const { client } = inPieces([`data: ${JSON.stringify(delta('Two '))}\n\ndata: ${JSON.stringify(done)}\n\n`]);
  const abort = new AbortController();
  const events = streamChat({ client, body: question, signal: abort.signal });
  assert.deepEqual((await events.next()).value, delta('Two '));
  abort.abort();
  await assert.rejects(events.next(), { name: 'AbortError' });
});

test('streamChat: an error event is thrown as its problem', async (t) => {
  const failed = { type: 'error', problem: problem(503, 'ai_unavailable', { detail: 'Busy.' }) };
  const { baseUrl, got } = await streaming(t, [`data: ${JSON.stringify(delta('Two '))}\n\ndata: ${JSON.stringify(failed)}\n\n`]);
  const { client } = new Counsel({ baseUrl });
  const seen = [];
  await assert.rejects(
    async () => {
      for await (const event of streamChat({ client, body: question })) seen.push(event);
    },
    (error) => error instanceof CounselError && error.status === 503 && error.code === 'ai_unavailable' && error.message === 'Busy.',
  );
  assert.deepEqual(seen, [delta('Two ')]);
  assert.equal(got.length, 1);
});

for (const [name, end] of Object.entries({ 'ends early': (answer) => answer.end(), breaks: (answer) => answer.destroy() })) {
  test(`streamChat: a stream that ${name} is an error, and the question is not asked again`, async (t) => {
    const { baseUrl, got } = await streaming(t, [`data: ${JSON.stringify(delta('Two '))}\n\n`], end);
    const { client } = new Counsel({ baseUrl });
    await assert.rejects(all(streamChat({ client, body: question })), name === 'breaks' ? ConnectionError : { code: 'incomplete_stream' });
    assert.equal(got.length, 1);
  });
}

test('streamChat: a refusal is thrown before anything is yielded', async (t) => {
  const { baseUrl, got } = await serve(t, (_, answer) => json(answer, 429, problem(429, 'rate_limited'), { 'Retry-After': '3600' }));
  const { client } = new Counsel({ baseUrl });
  await assert.rejects(all(streamChat({ client, body: question })), { name: 'RateLimitedError', status: 429, code: 'rate_limited', retryAfter: 3600 });
  assert.equal(got.length, 1);
});

for (const [name, leave] of Object.entries({ aborting: (abort) => abort.abort(), 'leaving the loop': () => 'leave' })) {
  test(`streamChat: ${name} closes the connection`, async (t) => {
    let closed;
    const { baseUrl, got } = await serve(t, (_, answer, request) => {
      closed = once(request.socket, 'close');
      answer.writeHead(200, { 'Content-Type': 'text/event-stream' });
      answer.write(`data: ${JSON.stringify(delta('Two '))}\n\n`);
    });
    const { client } = new Counsel({ baseUrl });
    const abort = new AbortController();
    const read = async () => {
      for await (const _ of streamChat({ client, body: question, signal: abort.signal })) {
        if (leave(abort)) break;
      }
    };
    if (name === 'aborting') await assert.rejects(read, { name: 'AbortError' });
    else await read();
    await closed;
    assert.equal(got.length, 1);
  });
}

test('streamChat: a proxy that holds the answer back until it is complete', async (t) => {
  const events = `data: ${JSON.stringify(delta('Two '))}\n\ndata: ${JSON.stringify(done)}\n\n`;
  const { baseUrl } = await serve(t, (_, answer) => answer.writeHead(200, { 'Content-Type': 'text/event-stream', 'Content-Length': events.length }).end(events));
  assert.deepEqual(await all(streamChat({ client: new Counsel({ baseUrl }).client, body: question })), [delta('Two '), done]);
});

test('streamChat: a proxy that removes Accept, so that the answer is JSON', async (t) => {
  const { baseUrl } = await serve(t, (_, answer) => json(answer, 200, response));
  const events = await all(streamChat({ client: new Counsel({ baseUrl }).client, body: question }));
  assert.deepEqual(events, [delta(response.answer), done]);
});

test('streamChat: the end of the body is read, not cancelled, after the last event', async () => {
  let cancelled = false;
  let end;
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(done)}\n\n`));
      end = () => controller.close();
    },
    cancel: () => void (cancelled = true),
  });
  const fetch = async () => new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
  for await (const event of streamChat({ client: new Counsel({ baseUrl: 'http://counsel.test', fetch }).client, body: question })) {
    if (event.type === 'done') break;
  }
  assert.equal(cancelled, false);
  end();
});

test('streamChat: a body that does not end after the last event is cancelled in the end', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const closed = signal();
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(done)}\n\n`)),
    cancel: () => closed.give(),
  });
  const fetch = async () => new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
  assert.deepEqual(await all(streamChat({ client: new Counsel({ baseUrl: 'http://counsel.test', fetch }).client, body: question })), [done]);
  t.mock.timers.tick(5000);
  await closed.given;
});

test('a token that expires in the middle of a stream: the stream ends, the next call refreshes', async (t) => {
  let good = 0;
  const middle = signal();
  const { baseUrl, got } = await serve(t, async ({ url, headers }, answer) => {
    if (url === '/api/auth/refresh') return json(answer, 200, tokens(good));
    if (headers.authorization !== `Bearer access${good}`) return json(answer, 401, problem(401, 'unauthenticated'));
    if (url === '/api/auth/me') return json(answer, 200, user);
    answer.writeHead(200, { 'Content-Type': 'text/event-stream' });
    answer.write(`data: ${JSON.stringify(delta('Two '))}\n\n`);
    await middle.given;
    answer.end(`data: ${JSON.stringify(done)}\n\n`);
  });
  const counsel = new Counsel({ baseUrl, store: store(tokens(0)) });
  const seen = [];
  for await (const event of streamChat({ client: counsel.client, body: question })) {
    seen.push(event);
    if (event.type !== 'delta') continue;
    good = 1;
    assert.deepEqual(await getCurrentUser({ client: counsel.client }), user);
    middle.give();
  }
  assert.deepEqual(seen, [delta('Two '), done]);
  assert.equal(refreshes(got), 1);
  assert.equal(counsel.tokens.accessToken, 'access1');
});

test('a token that expires while a job is awaited: the next connection refreshes it', async (t) => {
  const job = (state) => ({ id, state });
  let connections = 0;
  const { baseUrl, got } = await serve(t, ({ url, headers }, answer) => {
    if (url === '/api/auth/refresh') return json(answer, 200, tokens(1));
    if (connections > 0 && headers.authorization !== 'Bearer access1') return json(answer, 401, problem(401, 'unauthenticated'));
    answer.writeHead(200, { 'Content-Type': 'text/event-stream' });
    const event = connections++ ? { type: 'done', job: job('succeeded') } : { type: 'progress', job: job('running') };
    answer.end(`data: ${JSON.stringify(event)}\n\n`);
  });
  const { client } = new Counsel({ baseUrl, store: store(tokens(0)) });
  assert.deepEqual(await waitForJob({ client, path: { jobId: id } }), job('succeeded'));
  assert.equal(refreshes(got), 1);
});

for (const days of [-1, 1]) {
  test(`a clock that is wrong by ${days} day: calls, refreshing and Retry-After work`, async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + days * 86_400_000 });
    const now = new Date(2_000_000_000_000);
    let refused = 0;
    const { baseUrl, got } = await serve(t, ({ url, headers }, answer) => {
      answer.sendDate = false;
      if (url === '/api/auth/refresh') return json(answer, 200, tokens(1));
      if (headers.authorization !== 'Bearer access1') return json(answer, 401, problem(401, 'unauthenticated'));
      if (refused++ > 0) return json(answer, 200, user);
      return json(answer, 503, problem(503, 'unavailable'), { Date: now.toUTCString(), 'Retry-After': new Date(+now + 1000).toUTCString() });
    });
    const { client } = new Counsel({ baseUrl, store: store(tokens(0)) });
    const error = await getCurrentUser({ client, retries: 0 }).catch((thrown) => thrown);
    assert.equal(error.retryAfter, 1);
    assert.deepEqual(await getCurrentUser({ client }), user);
    assert.equal(refreshes(got), 1);
    // A signature cannot be older than five minutes by a clock that is wrong: the error says so.
    const headers = { 'webhook-id': '1', 'webhook-timestamp': String(Math.floor(Date.now() / 1000 - days * 86_400)), 'webhook-signature': 'v1,AAAA' };
    await assert.rejects(verifyWebhook(headers, '{}', 'whsec_AAAA'), /or the clock is wrong/);
  });
}

test('uploadDocument reports what was sent; an attempt that is repeated begins again', async (t) => {
  const received = [];
  const server = createServer(async (request, answer) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const form = await new Response(Buffer.concat(pieces), { headers: { 'Content-Type': request.headers['content-type'] } }).formData();
    received.push({ key: request.headers['idempotency-key'], caseId: form.get('caseId'), text: await form.get('file').text(), name: form.get('file').name });
    if (received.length === 1) refuse(503, '0')(answer);
    else json(answer, 201, { id });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const text = 'x'.repeat(200_000);
  const { client } = new Counsel({ baseUrl: `http://127.0.0.1:${server.address().port}` });
  const seen = [];
  const stored = await uploadDocument({ client, body: { caseId: id, file: new File([text], 'nda.txt') }, onProgress: (progress) => seen.push(progress) });
  assert.deepEqual(stored, { id });
  assert.equal(received.length, 2);
  assert.deepEqual(received[0], { key: received[1].key, caseId: id, text, name: 'nda.txt' });
  assert.deepEqual(received[1], received[0]);
  assert.ok(seen.every(({ total }) => total === text.length));
  const loaded = seen.map((progress) => progress.loaded);
  const again = loaded.lastIndexOf(0);
  for (const attempt of [loaded.slice(0, again), loaded.slice(again)]) {
    assert.equal(attempt[0], 0);
    assert.equal(attempt.at(-1), text.length);
    assert.deepEqual(attempt, attempt.toSorted((a, b) => a - b));
    assert.ok(attempt.length > 3, `${attempt}`);
  }
});

test('uploadDocument with progress: refusals, timeouts and aborting are errors', async (t) => {
  const abort = new AbortController();
  const server = createServer((request) => request.resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { client } = new Counsel({ baseUrl: `http://127.0.0.1:${server.address().port}`, retries: 0 });
  const body = { file: new File(['text'], 'nda.txt') };
  const onProgress = () => undefined;
  await assert.rejects(uploadDocument({ client, body, onProgress, timeout: 100 }), TimeoutError);
  const aborted = uploadDocument({ client, body, onProgress: () => abort.abort(), signal: abort.signal });
  await assert.rejects(aborted, { name: 'AbortError' });
});

test('an error has all fields of the problem', async (t) => {
  const errors = [{ pointer: '/message', detail: 'is empty' }];
  const { baseUrl } = await serve(t, (_, answer) => json(answer, 422, problem(422, 'invalid', { detail: 'A field.', instance: '/api/ai/chat', errors })));
  const { client } = new Counsel({ baseUrl });
  const error = await sendChat({ client, body: question }).catch((thrown) => thrown);
  assert.ok(error instanceof CounselError && error instanceof Error);
  const { type, title, status, detail, instance, code, requestId, retryAfter } = error;
  assert.deepEqual(
    { type, title, status, detail, instance, code, requestId, retryAfter, errors: error.errors },
    { ...problem(422, 'invalid'), detail: 'A field.', instance: '/api/ai/chat', retryAfter: undefined, errors },
  );
});

for (const [name, body] of Object.entries({ "a proxy's page": '<h1>Bad Gateway</h1>', 'an empty body': '', 'JSON that is no problem': '["no"]' })) {
  test(`an error of ${name} is a CounselError too`, async (t) => {
    const { baseUrl } = await serve(t, (_, answer) => answer.writeHead(502, { 'X-Request-Id': 'r9' }).end(body));
    const { client } = new Counsel({ baseUrl, retries: 0 });
    await assert.rejects(getCurrentUser({ client }), { name: 'UnavailableError', status: 502, code: 'unknown', requestId: 'r9', errors: [], message: 'Bad Gateway' });
  });
}

for (const [status, Kind] of [[400, InvalidRequestError], [401, UnauthenticatedError], [403, ForbiddenError], [404, NotFoundError], [409, ConflictError],
  [413, InvalidRequestError], [422, InvalidRequestError], [429, RateLimitedError], [500, CounselError], [502, UnavailableError], [503, UnavailableError], [504, UnavailableError]]) {
  test(`an error of status ${status} is a ${Kind.name}`, async (t) => {
    const { baseUrl } = await serve(t, (_, answer) => json(answer, status, problem(status, 'code_of_later')));
    const { client } = new Counsel({ baseUrl, retries: 0 });
    const error = await getCurrentUser({ client }).catch((thrown) => thrown);
    assert.equal(error.constructor, Kind);
    assert.equal(error.name, Kind.name);
    assert.ok(error instanceof CounselError);
    assert.equal(error.code, 'code_of_later');
  });
}

test('a web page in the place of an answer is an UnavailableError', async (t) => {
  const { baseUrl } = await serve(t, (_, answer) => answer.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end('<h1>Sign in to the Wi-Fi</h1>'));
  const { client } = new Counsel({ baseUrl, store: store(tokens(0)) });
  await assert.rejects(getCurrentUser({ client }), { name: 'UnavailableError', status: 502, code: 'unknown', message: 'Not an answer of the service' });
  await assert.rejects(all(streamChat({ client, body: question })), UnavailableError);
});

test('a web page in the place of the answer to a login is an UnavailableError too', async (t) => {
  const { baseUrl } = await serve(t, (_, answer) => answer.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Sign in to the Wi-Fi</h1>'));
  const counsel = new Counsel({ baseUrl });
  await assert.rejects(counsel.login({ email: user.email, password: 'correct horse' }), UnavailableError);
  assert.equal(counsel.tokens, undefined);
});

test('a redirect is not followed: nothing reaches another server', async (t) => {
  const other = await serve(t, (_, answer) => json(answer, 200, user));
  for (const status of [301, 302, 303, 307, 308]) {
    const { baseUrl } = await serve(t, (_, answer) => answer.writeHead(status, { Location: `${other.baseUrl}/api/auth/me` }).end());
    const client = createClient({ baseUrl, apiKey: 'secret' });
    const wanted = { name: 'UnavailableError', status: 502, code: 'unknown' };
    await assert.rejects(getCurrentUser({ client }), wanted);
    await assert.rejects(new Counsel({ baseUrl }).login({ email: user.email, password: 'correct horse' }), wanted);
    await assert.rejects(uploadDocument({ client, body: { file: new File(['x'], 'a.pdf') }, onProgress: () => undefined }), wanted);
  }
  assert.deepEqual(other.got, []);
});

test('a path parameter cannot change the operation', async (t) => {
  const { baseUrl, got } = await serve(t, (_, answer) => json(answer, 200, {}));
  const { client } = new Counsel({ baseUrl });
  for (const draftId of ['', '.', '..', undefined]) await assert.rejects(deleteDraft({ client, path: { draftId } }), TypeError);
  assert.deepEqual(got, []);
});

for (const [name, body, headers, wanted] of [
  ['that is not JSON', '{"a', {}, { name: 'UnavailableError', status: 502, code: 'unknown' }],
  ['that breaks off', '{"a', { 'Content-Length': 9 }, { name: 'ConnectionError', code: 'connection_failed' }],
  ['that is not gzip', '{}', { 'Content-Encoding': 'gzip' }, { name: 'ConnectionError', code: 'connection_failed' }],
]) {
  test(`an answer ${name} is a CounselError`, async (t) => {
    const { baseUrl } = await serve(t, (_, answer) => {
      answer.writeHead(200, { 'Content-Type': 'application/json', ...headers });
      answer.write(body, () => (headers['Content-Length'] ? answer.destroy() : answer.end()));
    });
    const { client } = new Counsel({ baseUrl });
    await assert.rejects(getCurrentUser({ client }), wanted);
    const { error } = await getCurrentUser({ client, throwOnError: false, responseStyle: 'fields' });
    assert.equal(error.name, wanted.name);
  });
}

test("a proxy's JSON is not taken for a problem", async (t) => {
  const body = { status: 'constructor', title: { a: 1 }, code: 7, errors: 'none', requestId: null, detail: ['no'] };
  const { baseUrl } = await serve(t, (_, answer) => json(answer, 503, body));
  const { client } = new Counsel({ baseUrl, retries: 0 });
  const wanted = { name: 'UnavailableError', status: 503, code: 'unknown', errors: [], requestId: '', message: 'Service Unavailable' };
  await assert.rejects(getCurrentUser({ client }), wanted);
});

test('no response is a ConnectionError with its cause', async () => {
  const cause = new TypeError('fetch failed');
  const { client } = new Counsel({ baseUrl: 'http://counsel.test', retries: 0, fetch: () => Promise.reject(cause) });
  const error = await getCurrentUser({ client }).catch((thrown) => thrown);
  assert.ok(error instanceof ConnectionError && error instanceof CounselError && !(error instanceof TimeoutError));
  assert.deepEqual([error.status, error.code, error.cause], [0, 'connection_failed', cause]);
});

test('a call that its caller aborts throws the reason and is not sent again', async (t) => {
  const { baseUrl, got } = await serve(t, () => abort.abort());
  const abort = new AbortController();
  const { client } = new Counsel({ baseUrl });
  await assert.rejects(getCurrentUser({ client, signal: abort.signal }), { name: 'AbortError' });
  assert.equal(got.length, 1);
});

/** A server whose answers are the given functions, then 200; and what is sent in between. */
async function failing(t, failures, options) {
  const rest = [...failures];
  const { baseUrl, got } = await serve(t, (request, answer) => {
    const fail = rest.shift();
    return fail ? fail(answer) : json(answer, 200, request.url === '/api/ai/chat' ? response : user);
  });
  return { client: new Counsel({ baseUrl, ...options }).client, got };
}

const refuse = (status, retryAfter) => (answer) => json(answer, status, problem(status, 'busy'), retryAfter === undefined ? {} : { 'Retry-After': retryAfter });
const vanish = (answer) => answer.destroy();

for (const [name, failure] of Object.entries({ 429: refuse(429, '0'), 502: refuse(502, '0'), 503: refuse(503, '0'), 'a date long past': refuse(503, 'Wed, 25 Nov 2020 09:00:00 GMT'), 'a broken connection': vanish })) {
  test(`a call is sent again after ${name}`, async (t) => {
    const { client, got } = await failing(t, [failure]);
    assert.deepEqual(await getCurrentUser({ client }), user);
    assert.equal(got.length, 2);
  });
}

for (const [name, failure] of Object.entries({ 503: refuse(503, '0'), '409 while it is being processed': refuse(409, '0'), 'a broken connection': vanish })) {
  test(`a POST is sent again with the same key and body after ${name}`, async (t) => {
    const { client, got } = await failing(t, [failure]);
    assert.deepEqual(await sendChat({ client, body: question }), response);
    assert.equal(got.length, 2);
    assert.match(got[0].headers['idempotency-key'], /^[0-9a-f]{32}$/);
    assert.equal(got[1].headers['idempotency-key'], got[0].headers['idempotency-key']);
    assert.deepEqual(got.map(({ body }) => body), [question, question]);
  });
}

test('each call has a key of its own, or the one of its caller', async (t) => {
  const { client, got } = await failing(t, []);
  await sendChat({ client, body: question });
  await sendChat({ client, body: question });
  await sendChat({ client, body: question, headers: { 'Idempotency-Key': 'mine' } });
  const keys = got.map(({ headers }) => headers['idempotency-key']);
  assert.equal(new Set(keys).size, 3);
  assert.equal(keys[2], 'mine');
});

test('operations that take no key get none, and are not sent again', async (t) => {
  const { client, got } = await failing(t, [refuse(503, '0'), refuse(503, '0')]);
  await assert.rejects(registerUser({ client, body: { email: user.email, password: 'correct horse', fullName: 'Ada' } }), UnavailableError);
  await assert.rejects(deleteDraft({ client, path: { draftId: id } }), UnavailableError);
  assert.deepEqual(got.map(({ headers }) => headers['idempotency-key']), [undefined, undefined]);
});

for (const [name, failure] of Object.entries({ 'a long Retry-After': refuse(429, '31'), '500': refuse(500, '0'), '409 of another kind': refuse(409) })) {
  test(`a call is not sent again after ${name}`, async (t) => {
    const { client, got } = await failing(t, [failure]);
    await assert.rejects(sendChat({ client, body: question }), CounselError);
    assert.equal(got.length, 1);
  });
}

test('a call is sent again at most `retries` times', async (t) => {
  const { client, got } = await failing(t, Array(9).fill(refuse(503, '0')), { retries: 3 });
  await assert.rejects(getCurrentUser({ client }), UnavailableError);
  assert.equal(got.length, 4);
});

test('aborting ends the wait before a retry', async (t) => {
  const abort = new AbortController();
  const { client, got } = await failing(t, [(answer) => {
    refuse(503, '30')(answer);
    answer.on('close', () => setImmediate(() => abort.abort()));
  }]);
  await assert.rejects(getCurrentUser({ client, signal: abort.signal }), { name: 'AbortError' });
  assert.equal(got.length, 1);
});

test('an attempt that takes longer than the timeout is sent again', async (t) => {
  const { client, got } = await failing(t, [() => undefined], { timeout: 1000 });
  assert.deepEqual(await getCurrentUser({ client }), user);
  assert.equal(got.length, 2);
});

for (const [name, options, session] of [['the timeout', () => ({}), { timeout: 200 }], ['AbortSignal.timeout', () => ({ signal: AbortSignal.timeout(200) }), {}]]) {
  test(`${name} throws a TimeoutError`, async (t) => {
    const { client, got } = await failing(t, [() => undefined], { retries: 0, ...session });
    await assert.rejects(getCurrentUser({ client, ...options() }), (error) => error instanceof TimeoutError && error instanceof ConnectionError && error.code === 'timed_out');
    assert.equal(got.length, 1);
  });
}

test('a call has its own timeout and number of retries', async (t) => {
  const { client, got } = await failing(t, [() => undefined, refuse(503, '0')], { timeout: 60_000 });
  await assert.rejects(getCurrentUser({ client, timeout: 100, retries: 0 }), TimeoutError);
  assert.equal(got.length, 1);
  await assert.rejects(getCurrentUser({ client, retries: 0 }), UnavailableError);
  assert.equal(got.length, 2);
  assert.deepEqual(await getCurrentUser({ client }), user);
});

test('a timeout of 0 lifts that of the session', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const slow = signal();
  const { client } = await failing(t, [(answer) => slow.give(() => json(answer, 200, user))], { timeout: 50, retries: 0 });
  const call = getCurrentUser({ client, timeout: 0 });
  const respond = await slow.given;
  t.mock.timers.tick(1000);
  respond();
  assert.deepEqual(await call, user);
});

test('the timeout does not end a stream that has begun, aborting does', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let sent, stream;
  const body = new ReadableStream({ start: (controller) => void (stream = controller) });
  const fetch = async (_, { signal }) => {
    sent = signal;
    signal.addEventListener('abort', () => stream.error(signal.reason));
    return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
  };
  const abort = new AbortController();
  const { client } = new Counsel({ baseUrl: 'http://counsel.test', timeout: 1000, fetch });
  const events = streamChat({ client, body: question, signal: abort.signal });
  const first = events.next();
  stream.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(delta('Two '))}\n\n`));
  assert.deepEqual((await first).value, delta('Two '));
  t.mock.timers.tick(5000);
  assert.equal(sent.aborted, false);
  const next = events.next();
  abort.abort();
  await assert.rejects(next, { name: 'AbortError' });
  assert.equal(sent.aborted, true);
});

/** A server whose access token is `access1` until renewed with `refresh0`, each token good once. */
function renewing(t, refused) {
  let good = 1;
  return serve(t, ({ url, headers, body }, answer) => {
    if (url === '/api/auth/refresh') {
      if (refused) return json(answer, refused, problem(refused, refused === 401 ? 'unauthenticated' : 'unavailable'));
      if (body.refreshToken !== `refresh${good - 1}`) return json(answer, 401, problem(401, 'unauthenticated'));
      return json(answer, 200, tokens(good++));
    }
    if (headers.authorization !== `Bearer access${good - 1}` || good === 1) return json(answer, 401, problem(401, 'unauthenticated'));
    return json(answer, 200, url === '/api/ai/chat' ? response : user);
  });
}

const refreshes = (got) => got.filter(({ url }) => url === '/api/auth/refresh').length;

test('many calls that get a 401 refresh the tokens once and then continue', async (t) => {
  const { baseUrl, got } = await renewing(t);
  const counsel = new Counsel({ baseUrl, store: store(tokens(0)) });
  const answers = await Promise.all(Array.from({ length: 20 }, () => getCurrentUser({ client: counsel.client })));
  assert.ok(answers.every((answer) => answer.email === user.email));
  assert.equal(refreshes(got), 1);
  assert.equal(counsel.tokens.accessToken, 'access1');
});

test('a retried request sends its whole body', async (t) => {
  const { baseUrl, got } = await renewing(t);
  const { client } = new Counsel({ baseUrl, store: store(tokens(0)) });
  assert.deepEqual(await sendChat({ client, body: question }), response);
  assert.deepEqual(got.map(({ url, body }) => [url, body]), [
    ['/api/ai/chat', question],
    ['/api/auth/refresh', { refreshToken: 'refresh0' }],
    ['/api/ai/chat', question],
  ]);
});

test('a late 401 uses the tokens that were refreshed meanwhile', async (t) => {
  const slow = signal();
  const { baseUrl, got } = await serve(t, ({ url, headers }, answer) => {
    if (url === '/api/auth/refresh') return json(answer, 200, tokens(1));
    if (headers.authorization === 'Bearer access1') return json(answer, 200, user);
    const refuse = () => json(answer, 401, problem(401, 'unauthenticated'));
    return got.length === 1 ? slow.give(refuse) : refuse();
  });
  const counsel = new Counsel({ baseUrl, store: store(tokens(0)) });
  const first = getCurrentUser({ client: counsel.client });
  const refuse = await slow.given;
  await getCurrentUser({ client: counsel.client });
  refuse();
  assert.equal((await first).id, id);
  assert.equal(refreshes(got), 1);
});

test('tokens that another tab refreshed are not overwritten', async (t) => {
  const shared = store(tokens(0));
  const { baseUrl, got } = await serve(t, ({ headers }, answer) => {
    if (headers.authorization === 'Bearer access1') return json(answer, 200, user);
    shared.set(tokens(1));
    return json(answer, 401, problem(401, 'unauthenticated'));
  });
  const counsel = new Counsel({ baseUrl, store: shared });
  assert.equal((await getCurrentUser({ client: counsel.client })).id, id);
  assert.equal(refreshes(got), 0);
});

test('an ended session empties the store and throws the 401', async (t) => {
  const { baseUrl, got } = await renewing(t, 401);
  const counsel = new Counsel({ baseUrl, store: store(tokens(0)) });
  await assert.rejects(getCurrentUser({ client: counsel.client }), { status: 401 });
  assert.equal(counsel.tokens, undefined);
  assert.equal(got.length, 2);
});

test('if the tokens cannot be refreshed right now, they stay', async (t) => {
  const { baseUrl } = await renewing(t, 503);
  const counsel = new Counsel({ baseUrl, store: store(tokens(0)) });
  await assert.rejects(getCurrentUser({ client: counsel.client }), { status: 503, code: 'unavailable' });
  assert.deepEqual(counsel.tokens, tokens(0));
});

test('a second 401 is thrown without another refresh', async (t) => {
  const { baseUrl, got } = await serve(t, ({ url }, answer) =>
    url === '/api/auth/refresh' ? json(answer, 200, tokens(1)) : json(answer, 401, problem(401, 'unauthenticated')));
  const { client } = new Counsel({ baseUrl, store: store(tokens(0)) });
  await assert.rejects(getCurrentUser({ client }), { status: 401 });
  assert.equal(got.length, 3);
});

test("a call with another token is never retried with the session's token", async (t) => {
  const { baseUrl, got } = await renewing(t);
  const { client } = new Counsel({ baseUrl, store: store(tokens(0)) });
  await assert.rejects(getCurrentUser({ client, auth: 'other' }), { status: 401 });
  assert.equal(got.length, 1);
});

test('signing out during a refresh stays signed out', async (t) => {
  const asked = signal();
  const { baseUrl } = await serve(t, ({ url }, answer) => {
    if (url === '/api/auth/refresh') asked.give(() => json(answer, 200, tokens(1)));
    else json(answer, 401, problem(401, 'unauthenticated'));
  });
  const held = store(tokens(0));
  const counsel = new Counsel({ baseUrl, store: held });
  const call = getCurrentUser({ client: counsel.client });
  const renew = await asked.given;
  held.set(undefined);
  renew();
  await assert.rejects(call, { status: 401 });
  assert.equal(counsel.tokens, undefined);
});

test('signing out empties the store also when the service is down', async (t) => {
  const { baseUrl } = await serve(t, (_, answer) => json(answer, 503, problem(503, 'unavailable')));
  const counsel = new Counsel({ baseUrl, store: store(tokens(0)) });
  await assert.rejects(counsel.logout(), { status: 503 });
  assert.equal(counsel.tokens, undefined);
});

test('the query options of react-query use the client', async (t) => {
  const { baseUrl, got } = await serve(t, ({ url }, answer) => json(answer, 200, url === '/api/auth/me' ? user : { items: [] }));
  const { client } = new Counsel({ baseUrl: `${baseUrl}/` });
  const me = getCurrentUserOptions({ client });
  const context = { queryKey: me.queryKey, signal: AbortSignal.timeout(5000) };
  assert.deepEqual(await me.queryFn(context), user);
  const pages = listConsultationsInfiniteOptions({ client, query: { limit: 2 } });
  assert.equal(pages.initialPageParam, '');
  assert.equal(pages.getNextPageParam({ items: [], nextCursor: 'next' }), 'next');
  assert.equal(pages.getNextPageParam({ items: [] }), undefined);
  await pages.queryFn({ queryKey: pages.queryKey, pageParam: 'next', signal: context.signal });
  await listConsultations({ client, query: { kind: 'chat' } });
  assert.deepEqual(got.map(({ url }) => url), ['/api/auth/me', '/api/ai/consultations?limit=2&cursor=next', '/api/ai/consultations?kind=chat']);
});

/** A server with three pages of two consultations. */
async function paged(t) {
  const { baseUrl, got } = await serve(t, ({ url }, answer) => {
    const page = Number(new URL(url, 'http://counsel.test').searchParams.get('cursor') ?? 0);
    json(answer, 200, { items: [{ id: `${page}a` }, { id: `${page}b` }], ...(page < 2 && { nextCursor: String(page + 1) }) });
  });
  return { client: new Counsel({ baseUrl }).client, got };
}

test('paginate yields the items of all pages, with the query of its caller', async (t) => {
  const { client, got } = await paged(t);
  const items = await all(paginate(listConsultations, { client, query: { kind: 'chat' }, responseStyle: 'fields', throwOnError: false }));
  assert.deepEqual(items.map((item) => item.id), ['0a', '0b', '1a', '1b', '2a', '2b']);
  const path = '/api/ai/consultations?kind=chat';
  assert.deepEqual(got.map(({ url }) => url), [path, `${path}&cursor=1`, `${path}&cursor=2`]);
});

test('paginate requests no page that is not reached', async (t) => {
  const { client, got } = await paged(t);
  for await (const item of paginate(listConsultations, { client })) {
    if (item.id === '1a') break;
  }
  assert.equal(got.length, 2);
});

test('paginate: a list that repeats its cursor is an error', async (t) => {
  const { baseUrl, got } = await serve(t, (_, answer) => json(answer, 200, { items: [], nextCursor: 'same' }));
  const { client } = new Counsel({ baseUrl });
  await assert.rejects(all(paginate(listConsultations, { client })), UnavailableError);
  assert.equal(got.length, 2);
});

test('waitForJob: the fifth stream without an event is an error', async (t) => {
  const { setTimeout: timer } = globalThis;
  t.mock.method(globalThis, 'setTimeout', (run) => timer(run, 0));
  const { baseUrl, got } = await serve(t, (_, answer) => answer.writeHead(200, { 'Content-Type': 'text/event-stream' }).end());
  const { client } = new Counsel({ baseUrl });
  await assert.rejects(waitForJob({ client, path: { jobId: id } }), { name: 'UnavailableError', code: 'incomplete_stream' });
  assert.equal(got.length, 5);
});

test('waitForJob: a proxy that removes Accept, so that the answer is JSON', async (t) => {
  const { baseUrl, got } = await serve(t, (_, answer) => json(answer, 200, { id, status: got.length < 2 ? 'running' : 'succeeded' }));
  const { client } = new Counsel({ baseUrl });
  const seen = [];
  const job = await waitForJob({ client, path: { jobId: id }, onProgress: ({ status }) => seen.push(status) });
  assert.deepEqual([job.status, seen], ['succeeded', ['running']]);
});

/** A global variable that browsers have, for this test. */
function global(t, name, value) {
  Object.defineProperty(globalThis, name, { value, configurable: true });
  t.after(() => delete globalThis[name]);
}

test('localStorageStore keeps, removes, and ignores what others wrote', (t) => {
  const items = new Map();
  global(t, 'localStorage', { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => items.set(key, value), removeItem: (key) => items.delete(key) });
  assert.equal(localStorageStore().get(), undefined);
  localStorageStore().set(tokens(1));
  assert.deepEqual(localStorageStore().get(), tokens(1));
  assert.equal(localStorageStore('other').get(), undefined);
  localStorageStore().set(undefined);
  assert.equal(items.size, 0);
  items.set('counsel.tokens', '{');
  assert.equal(localStorageStore().get(), undefined);
});

test('sessionCookieStore keeps and removes a cookie, secure where it can be', (t) => {
  const set = [];
  let cookie = 'a=b';
  global(t, 'location', { protocol: 'https:' });
  global(t, 'document', { get cookie() { return cookie; }, set cookie(text) { set.push(text); } });
  const held = sessionCookieStore();
  assert.equal(held.get(), undefined);
  held.set(tokens(1));
  const [pair, ...attributes] = set[0].split('; ');
  assert.deepEqual(attributes, ['Path=/', 'SameSite=Strict', 'Secure']);
  cookie = `a=b; ${pair}; c=d`;
  assert.deepEqual(held.get(), tokens(1));
  held.set(undefined);
  assert.match(set[1], /^counsel\.tokens=; .*; Max-Age=0$/);
  cookie = 'counsel.tokens=%';
  assert.equal(held.get(), undefined);
});

test('downloadDocument reports what arrives, and returns the file', async (t) => {
  const { baseUrl, got } = await serve(t, async (_, answer) => {
    answer.writeHead(200, { 'Content-Type': 'application/pdf', 'Content-Length': '6' });
    answer.write('abc');
    await first.given;
    answer.end('def');
  });
  const first = signal();
  const { client } = new Counsel({ baseUrl });
  const seen = [];
  const file = await downloadDocument({ client, path: { docId: id }, onProgress: (progress) => (seen.push(progress), first.give()) });
  assert.deepEqual(seen, [{ loaded: 3, total: 6 }, { loaded: 6, total: 6 }]);
  assert.deepEqual([file.type, await file.text()], ['application/pdf', 'abcdef']);
  assert.equal(got[0].url, `/api/docs/${id}/content`);
});

test('downloadDocument: a connection that breaks is an error, and so is a problem', async (t) => {
  const { client } = await failing(t, [
    (answer) => answer.writeHead(200, { 'Content-Length': '6' }).write('abc', () => answer.destroy()),
    (answer) => json(answer, 404, problem(404, 'not_found')),
  ]);
  await assert.rejects(downloadDocument({ client, path: { docId: id } }), ConnectionError);
  await assert.rejects(downloadDocument({ client, path: { docId: id } }), NotFoundError);
});

const apiKey = `counsel_live_${'A'.repeat(38)}`;

test('createClient: each call has the API key, and public ones have none', async (t) => {
  const { baseUrl, got } = await serve(t, (request, answer) => (request.url === '/api/auth/register' ? json(answer, 201, user) : json(answer, 200, user)));
  const client = createClient({ baseUrl, apiKey });
  assert.deepEqual(await getCurrentUser({ client }), user);
  await registerUser({ client, body: { email: user.email, password: 'correct horse battery', fullName: user.fullName } });
  assert.deepEqual(got.map(({ headers }) => headers.authorization), [`Bearer ${apiKey}`, undefined]);
});

test('createClient: a key from a file works, and one that cannot be sent never appears in an error', async (t) => {
  const { baseUrl, got } = await serve(t, (_, answer) => json(answer, 200, user));
  await getCurrentUser({ client: createClient({ baseUrl, apiKey: 'secret\n' }) });
  assert.equal(got[0].headers.authorization, 'Bearer secret');
  for (const apiKey of ['sec\nret', 'secrét', 'secr€t']) assert.throws(() => createClient({ baseUrl, apiKey }), { name: 'TypeError', message: /^(?!.*sec)/s });
});

test('createClient: a key that does not work, or lacks a scope, is thrown at once and refreshes nothing', async (t) => {
  for (const [status, code, kind] of [[401, 'unauthenticated', UnauthenticatedError], [403, 'scope_missing', ForbiddenError]]) {
    const { baseUrl, got } = await serve(t, (_, answer) => json(answer, status, problem(status, code)));
    await assert.rejects(getCurrentUser({ client: createClient({ baseUrl, apiKey, store: store(tokens(1)) }) }), (e) => e instanceof kind && e.code === code);
    assert.deepEqual(got.map(({ url }) => url), ['/api/auth/me']);
  }
});

test('createClient: calls with a key are retried like others; a key cannot sign in', async (t) => {
  let down = true;
  const { baseUrl, got } = await serve(t, (_, answer) => {
    if (down) json(answer, 503, problem(503, 'unavailable'), { 'Retry-After': '0' });
    else json(answer, 200, user);
    down = false;
  });
  await getCurrentUser({ client: createClient({ baseUrl, apiKey }) });
  assert.equal(got.length, 2);
  await assert.rejects(new Counsel({ baseUrl, apiKey }).login({ email: user.email, password: 'x' }), TypeError);
  assert.equal(got.length, 2);
});
