import { CounselError, fetchError, UnavailableError } from './error.js';
import { getJob, sendChat, type Options } from './gen/sdk.gen.js';
import type { ChatEvent, ChatResponse, GetJobData, Job, JobEvent, SendChatData } from './gen/types.gen.js';
import { pause } from './retry.js';

/** A piece of the answer or, as the last event, the whole answer. An error is thrown, not yielded. */
export type ChatStreamEvent =
  | (ChatEvent & { type: 'delta'; text: string })
  | (ChatEvent & { type: 'done'; response: ChatResponse });

/**
 * Asks a question and yields the answer while it is produced: pieces (`delta`), then the whole
 * answer (`done`), which ends the stream.
 *
 * Throws a CounselError if the service refuses the request, if the answer fails later (an `error`
 * event), or, with the code `incomplete_stream`, if the connection ends before `done`. Once the stream
 * has begun, the question is not retried. Aborting `signal` throws its reason; leaving the loop closes
 * the connection.
 */
export async function* streamChat(
  options: Omit<Options<SendChatData>, 'parseAs' | 'throwOnError' | 'headers'> & {
    headers?: Record<string, string>;
  },
): AsyncGenerator<ChatStreamEvent, void, undefined> {
  const { data: body, response } = (await sendChat({
    ...options,
    headers: { ...options.headers, Accept: 'text/event-stream' },
    ...unstored(),
    parseAs: 'stream',
    throwOnError: true,
    ...{ responseStyle: 'fields' }, // the generated types only know 'data'
  })) as unknown as { data: ReadableStream<Uint8Array> | null; response: Response };
  if (response.headers.get('Content-Type')?.startsWith('application/json')) {
    // A proxy removed the header that asks for a stream.
    const whole = (await new Response(body).json()) as ChatResponse;
    yield { type: 'delta', text: whole.answer };
    yield { type: 'done', response: whole };
    return;
  }
  if (body) {
    for await (const event of serverSentEvents<ChatEvent>(body, options.signal)) {
      options.signal?.throwIfAborted(); // ignore pieces that have already arrived
      if (event.type === 'error') throw CounselError.of(event.problem);
      yield event as ChatStreamEvent;
      if (event.type === 'done') return;
    }
  }
  throw incompleteStream();
}

function incompleteStream(): CounselError {
  return new UnavailableError({
    title: 'Incomplete stream',
    detail: 'The connection ended before the answer was complete.',
    status: 502,
    code: 'incomplete_stream',
  });
}

/**
 * Waits for a job to end and returns it: `succeeded`, `failed` or `cancelled`. `onProgress` is called
 * for each change until then. If a stream ends early, as when a server stops, it connects again. A
 * refusal is thrown, and so is the fifth failure in a row. Aborting `signal` throws its reason; the job
 * continues.
 */
export async function waitForJob(
  options: Omit<Options<GetJobData>, 'parseAs' | 'throwOnError' | 'headers'> & {
    onProgress?: (job: Job) => void;
  },
): Promise<Job> {
  const { onProgress, ...request } = options;
  for (let failures = 0; ; ) {
    try {
      const { data: body, response } = (await getJob({
        ...request,
        headers: { Accept: 'text/event-stream' },
        ...unstored(),
        parseAs: 'stream',
        throwOnError: true,
        ...{ responseStyle: 'fields' }, // the generated types only know 'data'
      })) as unknown as { data: ReadableStream<Uint8Array> | null; response: Response };
      if (response.headers.get('Content-Type')?.startsWith('application/json')) {
        // A proxy removed the header that asks for a stream.
        const job = (await new Response(body).json()) as Job;
        if (job.status !== 'waiting' && job.status !== 'running') return job;
        failures = 0;
        onProgress?.(job);
      } else if (body) {
        for await (const event of serverSentEvents<JobEvent>(body, options.signal)) {
          options.signal?.throwIfAborted();
          if (event.type === 'error') throw CounselError.of(event.problem);
          if (!event.job) continue;
          failures = 0;
          if (event.type === 'done') return event.job;
          onProgress?.(event.job);
        }
      }
      throw incompleteStream();
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof CounselError && error.status >= 400 && error.status < 500 && error.status !== 429) throw error;
      if (++failures === 5) throw error;
    }
    await pause(1000 * failures, options.signal);
  }
}

/** Keeps a stream out of the cache of a browser; other runtimes have none, and some reject the option. */
function unstored(): { cache?: RequestCache } {
  return typeof document === 'undefined' ? {} : { cache: 'no-store' };
}

/** How long the end of a stream is waited for after its last event, in milliseconds. */
const maxDrain = 5000;

/**
 * Yields the data of each server-sent event (WHATWG HTML), parsed. Event names, ids and retry times are
 * ignored. After the last event of this service (`done` or `error`) the body is read to its end: cancelling
 * it would show as a failed request in the tools of a browser.
 */
async function* serverSentEvents<Event extends { type: string }>(body: ReadableStream<Uint8Array>, signal?: AbortSignal | null): AsyncGenerator<Event, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder(); // drops a leading byte order mark
  let rest = '';
  let data: string[] = [];
  let complete = false;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw fetchError(error, signal);
      });
      if (done) return; // an event without its closing blank line is incomplete
      rest += decoder.decode(value, { stream: true });
      // A CR at the end may be half of a CRLF: keep it until the next chunk.
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line === '') {
          if (data.length > 0) {
            const event = parseEvent<Event>(data.join('\n'));
            complete = event.type === 'done' || event.type === 'error';
            yield event;
          }
          data = [];
        } else if (line === 'data' || line.startsWith('data:')) {
          data.push(line.slice(5).replace(/^ /, ''));
        }
      }
    }
  } finally {
    if (complete && !signal?.aborted) void drain(reader);
    else await reader.cancel().catch(() => undefined);
  }
}

function parseEvent<Event>(text: string): Event {
  try {
    return JSON.parse(text) as Event;
  } catch (error) {
    throw fetchError(error);
  }
}

/** Reads what is left, which is nothing unless somebody between added to it. */
async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  const timer = setTimeout(() => void reader.cancel().catch(() => undefined), maxDrain);
  try {
    while (!(await reader.read()).done);
  } catch {
    // The events are complete; how the connection ends does not matter.
  } finally {
    clearTimeout(timer);
  }
}
