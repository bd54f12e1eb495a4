import { checkWatch, createClient } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await checkWatch({
  client,
  path: { watchId: '019ab4e1-2222-7c2d-8e3f-4a5b6c7d8e9f' },
});
console.log(result);
