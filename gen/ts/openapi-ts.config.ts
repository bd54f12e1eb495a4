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
        // The operation returns JSON or, depending on Accept, an event stream; the generator would
        // only offer the stream. src/stream.ts is the typed function for the stream.
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
