import { createClient, updateTemplate } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await updateTemplate({
  client,
  path: { templateId: 'nda' },
  body: { sharing: 'private' },
});
console.log(result);
