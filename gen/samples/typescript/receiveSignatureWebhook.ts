import { createClient, receiveSignatureWebhook } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL! });

await receiveSignatureWebhook({
  client,
  path: { provider: 'docuseal' },
  body: {
    event_type: 'form.viewed',
    timestamp: '2026-11-25T10:05:00Z',
    data: { id: 1, submission: { id: 12 } },
  },
});
