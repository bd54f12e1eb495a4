import { createClient, unpublishTemplate } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await unpublishTemplate({ client, path: { templateId: 'nda' } });
console.log(result);
