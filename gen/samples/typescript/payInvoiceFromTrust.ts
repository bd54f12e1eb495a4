import { createClient, payInvoiceFromTrust } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await payInvoiceFromTrust({
  client,
  path: {
    caseId: '019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b',
    invoiceId: '019ab4d2-3c4d-7e5f-8a61-728394a5b6d9',
  },
  body: { amount: 42840 },
});
console.log(result);
