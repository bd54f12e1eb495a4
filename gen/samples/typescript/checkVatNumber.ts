import { checkVatNumber, createClient } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await checkVatNumber({
  client,
  body: { number: 'FR 40 303 265 045' },
});
console.log(result);
