import { createClient, getTemplateVersion } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await getTemplateVersion({
  client,
  path: { templateId: 'nda', version: '1' },
});
console.log(result);
