import { defineConfig } from '@hey-api/openapi-ts';

export default defineConfig({
  input: '../../openapi.yaml',
  output: {
    path: 'src/gen',
    module: { extension: '.js' },
    postProcess: [{ command: 'node', args: ['postprocess.mjs', '{{path}}'] }],
  },
  parser: {
    patch: {
      operations: {
        // The operation answers JSON or, by Accept, an event stream; the generator would
        // offer the stream only. src/stream.ts is the typed way to the stream.
        'POST /api/ai/chat': (operation) => {
          const ok = operation.responses?.['200'];
          if (ok && 'content' in ok && ok.content) delete ok.content['text/event-stream'];
        },
      },
    },
  },
  plugins: [
    { name: '@hey-api/client-fetch', baseUrl: false, throwOnError: true },
    '@hey-api/typescript',
    { name: '@hey-api/sdk', responseStyle: 'data' },
    'zod',
    '@tanstack/react-query',
  ],
});
