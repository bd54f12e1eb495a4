import { formDataBodySerializer } from './gen/core/bodySerializer.gen.js';
import { type Options, uploadDocument as upload } from './gen/sdk.gen.js';
import type { UploadDocumentData } from './gen/types.gen.js';
import { transport } from './retry.js';

/** How much of a file was sent, in bytes. */
export interface UploadProgress {
  loaded: number;
  total: number;
}

type Report = (sent: number) => void;

/**
 * Uploads a document. `onProgress` is called while the file is sent, the last time with `loaded` equal to `total`;
 * when an attempt is repeated, it begins at 0 again. In browsers the file is then sent by XMLHttpRequest, because their
 * fetch reports nothing; elsewhere as a stream, counted when the runtime takes it.
 */
export function uploadDocument<ThrowOnError extends boolean = true>({
  onProgress,
  ...options
}: Options<UploadDocumentData, ThrowOnError> & { onProgress?: (progress: UploadProgress) => void }): ReturnType<typeof upload<ThrowOnError>> {
  if (!onProgress) return upload<ThrowOnError>(options as Options<UploadDocumentData, ThrowOnError>);
  let form = new FormData();
  const total = options.body.file.size;
  let reported = -1;
  const report: Report = (sent) => {
    const loaded = Math.min(sent, total); // the rest is the form around the file
    if (loaded !== reported) onProgress({ loaded: (reported = loaded), total });
  };
  return upload<ThrowOnError>({
    ...options,
    bodySerializer: (body: unknown) => (form = formDataBodySerializer.bodySerializer(body)),
    [transport]: (fetch: typeof globalThis.fetch) => (request: Request, init?: RequestInit) => {
      const signal = init?.signal ?? request.signal;
      report(0);
      return typeof XMLHttpRequest === 'function' ? sendByXHR(request, form, signal, report) : sendAsStream(fetch, request, form, signal, report);
    },
  } as Options<UploadDocumentData, ThrowOnError>);
}

async function sendAsStream(fetch: typeof globalThis.fetch, request: Request, form: FormData, signal: AbortSignal, report: Report): Promise<Response> {
  const encoded = new Response(form);
  let sent = 0;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, controller) {
      controller.enqueue(piece);
      report((sent += piece.length));
    },
  });
  const headers = new Headers(request.headers);
  headers.set('Content-Type', encoded.headers.get('Content-Type')!); // with the boundary of the form
  return fetch(request.url, { method: request.method, headers, signal, redirect: request.redirect, body: encoded.body!.pipeThrough(counter), duplex: 'half' } as RequestInit);
}

function sendByXHR(request: Request, form: FormData, signal: AbortSignal, report: Report): Promise<Response> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    const abort = () => {
      xhr.abort();
      reject(signal.reason as Error);
    };
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort);
    xhr.onloadend = () => signal.removeEventListener('abort', abort);
    xhr.open(request.method, request.url);
    // The browser writes the type of the form, with its boundary.
    for (const [name, value] of request.headers) if (name !== 'content-type') xhr.setRequestHeader(name, value);
    xhr.withCredentials = request.credentials === 'include';
    xhr.responseType = 'arraybuffer';
    xhr.upload.onprogress = ({ loaded }) => report(loaded);
    xhr.onerror = () => reject(new TypeError('Failed to fetch'));
    xhr.onload = () => {
      const headers = new Headers();
      for (const line of xhr.getAllResponseHeaders().split('\r\n')) {
        const colon = line.indexOf(': ');
        if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 2));
      }
      const empty = xhr.status === 204 || xhr.status === 205 || xhr.status === 304;
      resolve(new Response(empty ? null : (xhr.response as ArrayBuffer), { status: xhr.status, statusText: xhr.statusText, headers }));
    };
    xhr.send(form);
  });
}
