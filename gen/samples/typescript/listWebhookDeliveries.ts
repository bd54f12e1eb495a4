import { createClient, listWebhookDeliveries, paginate } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

for await (const item of paginate(listWebhookDeliveries, {
  client,
  path: { webhookId: '019ab4e0-5d11-7c3a-9e0f-6b7a8c9d0e1f' },
  query: { status: 'failed' },
})) {
  console.log(item);
}
