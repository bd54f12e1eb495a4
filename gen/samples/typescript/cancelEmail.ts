import { cancelEmail, createClient } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

await cancelEmail({
  client,
  path: { emailId: '019ab4d1-2d3e-7f40-9b5c-6d7e8f9a0b1c' },
});
