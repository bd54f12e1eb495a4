import { createClient, unlinkPartyCompany } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

await unlinkPartyCompany({
  client,
  path: {
    caseId: '019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b',
    partyId: '019ab4d3-4d5e-7f60-8b72-8394a5b6c7d8',
  },
});
