import { createClient, initiateSignature } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await initiateSignature({
  client,
  body: {
    docId: '019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b',
    workflow: 'sequential',
    message: 'Please sign by Friday.',
    signers: [
      { name: 'Ada Lovelace', email: 'ada@example.com', order: 1 },
      { name: 'Grace Hopper', email: 'grace@example.com', order: 2 },
    ],
  },
});
console.log(result);
