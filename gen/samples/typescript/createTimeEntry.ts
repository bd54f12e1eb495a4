import { createClient, createTimeEntry } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await createTimeEntry({
  client,
  path: { caseId: '019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b' },
  body: {
    date: '2026-11-24',
    minutes: 90,
    rate: 24000,
    currency: 'EUR',
    description: 'Review of the lease',
  },
});
console.log(result);
