import { createClient, getTrialBalance } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await getTrialBalance({ client });
console.log(result);
