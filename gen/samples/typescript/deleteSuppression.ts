import { createClient, deleteSuppression } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

await deleteSuppression({
  client,
  path: { suppressionId: '019ab4d2-3e4f-7051-8c6d-7e8f9a0b1c2d' },
});
