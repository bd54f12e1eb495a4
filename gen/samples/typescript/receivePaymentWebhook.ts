import { createClient, receivePaymentWebhook } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL! });

await receivePaymentWebhook({
  client,
  body: {
    id: 'evt_1',
    object: 'event',
    type: 'checkout.session.completed',
    livemode: true,
    data: { object: { id: 'cs_live_a1', object: 'checkout.session' } },
  },
});
