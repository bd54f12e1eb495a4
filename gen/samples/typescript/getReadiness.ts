import { createClient, getReadiness } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL! });

const result = await getReadiness({ client });
console.log(result);
