import { createCase, createClient } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await createCase({
  client,
  body: {
    title: 'Northwind v. Southwind',
    description: 'A dispute about late deliveries.',
  },
});
console.log(result);
