import { createClient, readNotifications } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

await readNotifications({
  client,
  body: { newestId: '019ab4e1-8c2a-7d4b-9f10-7c8b9a0d1e2f' },
});
