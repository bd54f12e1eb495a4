import { copyTemplate, createClient } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await copyTemplate({
  client,
  path: { templateId: 'nda' },
  body: { templateId: 'nda-copy' },
});
console.log(result);
