import { createClient, requestPasswordReset } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL! });

await requestPasswordReset({ client, body: { email: 'ada@example.com' } });
