import { createClient, createWatch } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await createWatch({
  client,
  body: {
    kind: 'company',
    source: 'gleif',
    companyId: '529900NORTHWIND00132',
    label: 'Northwind',
  },
});
console.log(result);
