import { createClient, deleteTimeEntry } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

await deleteTimeEntry({
  client,
  path: {
    caseId: '019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b',
    entryId: '019ab4d2-3c4d-7e5f-8a61-728394a5b6d8',
  },
});
