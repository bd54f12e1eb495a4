import { createClient, previewTemplateVersion } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await previewTemplateVersion({
  client,
  path: { templateId: 'nda', version: '1' },
  body: {},
});
console.log(result);
