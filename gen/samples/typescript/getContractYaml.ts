import { createClient, getContractYaml } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL! });

const content = await getContractYaml({ client });
console.log(content);
