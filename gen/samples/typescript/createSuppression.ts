import { createClient, createSuppression } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await createSuppression({
  client,
  body: { address: 'gone@example.com' },
});
console.log(result);
