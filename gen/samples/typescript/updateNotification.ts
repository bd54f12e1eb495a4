import { createClient, updateNotification } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await updateNotification({
  client,
  path: { notificationId: '019ab4e1-8c2a-7d4b-9f10-7c8b9a0d1e2f' },
  body: { read: true },
});
console.log(result);
