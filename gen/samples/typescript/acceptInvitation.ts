import { acceptInvitation, createClient } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await acceptInvitation({
  client,
  path: { invitationId: '019ab4d4-5e6f-7061-8c83-94a5b6c7d8e9' },
});
console.log(result);
