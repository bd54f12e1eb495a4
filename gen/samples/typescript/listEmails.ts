import { createClient, listEmails, paginate } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

for await (const item of paginate(listEmails, {
  client,
  query: { status: 'queued' },
})) {
  console.log(item);
}
