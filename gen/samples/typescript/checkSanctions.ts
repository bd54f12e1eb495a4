import { checkSanctions, createClient } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await checkSanctions({
  client,
  body: { name: 'Viktor Drosdenko', kind: 'person', birthYear: 1961 },
});
console.log(result);
