import { createClient, updateCaseMember } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await updateCaseMember({
  client,
  path: {
    caseId: '019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b',
    userId: '019ab4c2-7c1e-7a52-9a51-3b6a0f1c2d4e',
  },
  body: { role: 'viewer' },
});
console.log(result);
