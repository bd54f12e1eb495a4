import { createClient, listJobs, paginate } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

for await (const item of paginate(listJobs, {
  client,
  query: { status: 'failed' },
})) {
  console.log(item);
}
