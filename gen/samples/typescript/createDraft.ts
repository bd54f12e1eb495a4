import { createClient, createDraft } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await createDraft({
  client,
  body: {
    title: 'Notice of termination',
    body: '# Notice of termination\n\nWe end the agreement of 3 March 2025 with effect from 31 December 2026.',
    locale: 'en-IE',
  },
});
console.log(result);
