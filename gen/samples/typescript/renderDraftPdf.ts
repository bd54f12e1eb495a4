import { createClient, renderDraftPdf } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await renderDraftPdf({
  client,
  path: { draftId: '019ab4ca-0b3f-7c5d-9d2e-5a4f3c2b1a09' },
  body: { version: 1, options: { pageSize: 'Letter' } },
});
console.log(result);
