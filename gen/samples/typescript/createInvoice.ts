import { createClient, createInvoice } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await createInvoice({
  client,
  path: { caseId: '019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b' },
  body: {
    currency: 'EUR',
    recipient: { name: 'Ada Lovelace' },
    lines: [{ description: 'Court fee', quantity: '1', unitPrice: 8900 }],
  },
});
console.log(result);
