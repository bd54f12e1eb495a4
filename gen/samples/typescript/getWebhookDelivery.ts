import { createClient, getWebhookDelivery } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await getWebhookDelivery({
  client,
  path: {
    webhookId: '019ab4e0-5d11-7c3a-9e0f-6b7a8c9d0e1f',
    deliveryId: '019ab4e1-77aa-7b21-9f00-1a2b3c4d5e6f',
  },
});
console.log(result);
