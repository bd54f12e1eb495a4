import { cancelJob, createClient } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await cancelJob({
  client,
  path: { jobId: '019ab4d7-3a1b-7c2d-8e3f-4a5b6c7d8e9f' },
});
console.log(result);
