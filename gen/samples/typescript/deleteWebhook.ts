import { createClient, deleteWebhook } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

await deleteWebhook({
  client,
  path: { webhookId: '019ab4e0-5d11-7c3a-9e0f-6b7a8c9d0e1f' },
});
