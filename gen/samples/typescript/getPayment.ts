import { createClient, getPayment } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await getPayment({
  client,
  path: { paymentId: '019ab4d9-2c3d-7e4f-8a5b-6c7d8e9f0a1b' },
});
console.log(result);
