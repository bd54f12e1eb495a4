import { createClient, getConsultation } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await getConsultation({
  client,
  path: { consultationId: '019ab4c9-2f0d-7d0b-8a35-7f1de0c1b9aa' },
});
console.log(result);
