import { createClient, searchDocuments } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await searchDocuments({
  client,
  query: { q: 'termination notice' },
});
console.log(result);
