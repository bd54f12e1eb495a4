import { createClient, deleteDraft } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

await deleteDraft({
  client,
  path: { draftId: '019ab4ca-0b3f-7c5d-9d2e-5a4f3c2b1a09' },
});
