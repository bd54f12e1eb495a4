import { createClient, sendSigningLink } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL! });

await sendSigningLink({
  client,
  body: {
    trackingId: '019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b',
    email: 'ada@example.com',
  },
});
