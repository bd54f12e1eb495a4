import { createClient, createTrustReturn } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await createTrustReturn({
  client,
  path: { caseId: '019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b' },
  body: { amount: 100000, currency: 'EUR', reference: 'Retainer' },
});
console.log(result);
