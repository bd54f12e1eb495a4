import { createClient, updateDraft } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await updateDraft({
  client,
  path: { draftId: '019ab4ca-0b3f-7c5d-9d2e-5a4f3c2b1a09' },
  body: {
    version: 1,
    body: '# Notice of termination\n\nWe end the agreement of 3 March 2025 with effect from 31 January 2027.',
    note: 'Longer notice',
  },
});
console.log(result);
