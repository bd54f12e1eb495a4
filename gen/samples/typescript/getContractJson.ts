import { createClient, getContractJson } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL! });

const result = await getContractJson({ client });
console.log(result);
