import { createClient, withdrawCaseInvitation } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

await withdrawCaseInvitation({
  client,
  path: {
    caseId: '019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b',
    invitationId: '019ab4d4-5e6f-7061-8c83-94a5b6c7d8e9',
  },
});
