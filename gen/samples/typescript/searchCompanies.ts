import { createClient, paginate, searchCompanies } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

for await (const item of paginate(searchCompanies, {
  client,
  query: { query: 'Northwind' },
})) {
  console.log(item);
}
