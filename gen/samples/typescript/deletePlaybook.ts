import { createClient, deletePlaybook } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

await deletePlaybook({
  client,
  path: { playbookId: '019ab4d9-1111-7c2d-8e3f-4a5b6c7d8e9f' },
});
