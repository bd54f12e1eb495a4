import { createClient, listDocumentTypes } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await listDocumentTypes({ client });
console.log(result);
