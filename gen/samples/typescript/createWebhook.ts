import { createClient, createWebhook } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await createWebhook({
  client,
  body: {
    url: 'https://crm.example/hooks/counsel',
    description: 'Our CRM',
    eventTypes: ['case.closed', 'document.rendered'],
  },
});
console.log(result);
