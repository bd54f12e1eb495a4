import { createClient, getLiveness } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL! });

const result = await getLiveness({ client });
console.log(result);
