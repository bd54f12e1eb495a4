import { analyzeText, createClient } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await analyzeText({
  client,
  body: {
    text: 'This Agreement shall be governed by the laws of Ireland. The Supplier\'s liability shall be unlimited.',
    policy: 'vendor',
  },
});
console.log(result);
