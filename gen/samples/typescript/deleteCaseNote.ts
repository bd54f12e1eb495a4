import { createClient, deleteCaseNote } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

await deleteCaseNote({
  client,
  path: {
    caseId: '019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b',
    noteId: '019ab4d1-2b3c-7d4e-9f50-617283940a1b',
  },
});
