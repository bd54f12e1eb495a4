import { createClient, listInvoices, paginate } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

for await (const item of paginate(listInvoices, {
  client,
  path: { caseId: '019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b' },
  query: { status: 'open' },
})) {
  console.log(item);
}
