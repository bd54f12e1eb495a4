import { defineConfig } from '@hey-api/openapi-ts';

export default defineConfig({
  input: '../../openapi.yaml',
  output: {
    path: 'src/gen',
    module: { extension: '.js' },
  },
  parser: {
    patch: {
      // The codes as a type. The contract lists them in a description: an enum would make each new code a
      // breaking change.
      input: (spec) => {
        const schemas = (spec as { components: { schemas: Record<string, any> } }).components.schemas;
        const list = /^Stable and for programs: ([a-z_, ]+)\.$/.exec(schemas.Problem.properties.code.description);
        if (!list) throw new Error('the description of Problem.code lists no codes');
        schemas.ProblemCode = { type: 'string', enum: list[1]!.split(', '), description: 'The codes of problems in this version; later versions can have more.' };
      },
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
