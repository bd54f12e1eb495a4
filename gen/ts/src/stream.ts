import { CounselError } from './error.js';
import { sendChat, type Options } from './gen/sdk.gen.js';
import type { SendChatData, ChatEvent, ChatResponse } from './gen/types.gen.js';

/** A piece of the answer, or, last, the whole of it. A failure is thrown, not yielded. */
export type ChatStreamEvent =
  | (ChatEvent & { type: 'delta'; text: string })
  | (ChatEvent & { type: 'done'; response: ChatResponse });

/**
 * Asks a question and yields the answer as it is written: pieces (`delta`), then the whole
 * (`done`), which ends the stream.
 *
 * Throws a CounselError when the service refuses, when the answer fails on the way (an
 * `error` event), and, with the code `incomplete_stream`, when the connection ends before
 * `done`. The question is sent once: asking again is the caller's choice, since it would
 * be answered, counted and recorded again. Aborting `signal` throws its reason; leaving
 * the loop closes the connection.
 */
export async function* streamChat(
  options: Omit<Options<SendChatData>, 'parseAs' | 'throwOnError' | 'headers'> & {
    headers?: Record<string, string>;
  },
): AsyncGenerator<ChatStreamEvent, void, undefined> {
  const body = (await sendChat({
    ...options,
    headers: { ...options.headers, Accept: 'text/event-stream' },
    parseAs: 'stream',
    throwOnError: true,
  })) as unknown as ReadableStream<Uint8Array> | null;
  if (body) {
    for await (const data of serverSentEvents(body)) {
      options.signal?.throwIfAborted(); // pieces that had come already do not count any more
      const event = JSON.parse(data) as ChatEvent;
      if (event.type === 'error') throw new CounselError(event.problem ?? {});
      yield event as ChatStreamEvent;
      if (event.type === 'done') return;
    }
  }
  throw new CounselError({
    title: 'Incomplete stream',
    detail: 'The connection ended before the answer was complete.',
    status: 502,
    code: 'incomplete_stream',
  });
}

/**
 * Yields the data of each event of a stream (WHATWG HTML, "server-sent events"). Event
 * names, ids and retry times are of no use here and are passed over.
 */
async function* serverSentEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder(); // drops a leading byte order mark
  let rest = '';
  let data: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return; // an event without its closing blank line does not count
      rest += decoder.decode(value, { stream: true });
      // A CR at the end may be half of a CRLF: it waits for what follows.
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line === '') {
          if (data.length > 0) yield data.join('\n');
          data = [];
        } else if (line === 'data' || line.startsWith('data:')) {
          data.push(line.slice(5).replace(/^ /, ''));
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
