import { createClient, openCheckout } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await openCheckout({
  client,
  body: {
    invoiceId: '019ab4d8-9c0d-7e1f-8a2b-3c4d5e6f7a8c',
    successUrl: 'https://portal.example.com/paid',
  },
});
console.log(result);
