import { createClient, getRegisteredCompany } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await getRegisteredCompany({
  client,
  path: { source: 'gleif', companyId: '529900NORTHWIND00132' },
});
console.log(result);
