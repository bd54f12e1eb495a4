import { fetchError } from './error.js';
import { getDocumentContent, type Options } from './gen/sdk.gen.js';
import type { GetDocumentContentData } from './gen/types.gen.js';

/** How much of a file has arrived, in bytes. Without `total`, the length is not known. */
export interface DownloadProgress {
  loaded: number;
  total?: number;
}

/**
 * Downloads the file of a document. `onProgress` is called for each piece that arrives. A connection
 * that breaks throws a ConnectionError.
 */
export async function downloadDocument(
  options: Omit<Options<GetDocumentContentData>, 'parseAs' | 'responseStyle' | 'throwOnError'> & {
    onProgress?: (progress: DownloadProgress) => void;
  },
): Promise<Blob> {
  const { onProgress, ...request } = options;
  const { data, response } = (await getDocumentContent({
    ...request,
    parseAs: 'stream',
    throwOnError: true,
    ...{ responseStyle: 'fields' }, // the generated types only know 'data'
  })) as unknown as { data: ReadableStream<Uint8Array<ArrayBuffer>> | null; response: Response };
  const length = response.headers.has('Content-Encoding') ? null : response.headers.get('Content-Length');
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const reader = data?.getReader();
  for (let loaded = 0; reader; ) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      throw fetchError(error, options.signal);
    });
    if (done) break;
    pieces.push(value);
    loaded += value.length;
    onProgress?.({ loaded, ...(length !== null && { total: Number(length) }) });
  }
  return new Blob(pieces, { type: response.headers.get('Content-Type') ?? '' });
}
