import { createClient, replaceMaskingLists } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await replaceMaskingLists({
  client,
  body: {
    always: [{ text: 'Project Heron', type: 'COMPANY' }],
    never: ['Alder & Finch LLP'],
    version: 0,
  },
});
console.log(result);
