import { createClient, getMetrics } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL! });

const content = await getMetrics({ client });
console.log(content);
