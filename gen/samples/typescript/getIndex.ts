import { createClient, getIndex } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL! });

const result = await getIndex({ client });
console.log(result);
