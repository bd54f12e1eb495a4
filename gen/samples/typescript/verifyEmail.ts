import { createClient, verifyEmail } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL! });

await verifyEmail({
  client,
  body: {
    token: 'AZq0yS8NfQuKNX8d4MG5qgn4bQgYhMfWWaLqgxVrQFaOTxsrC4Is0V1sFbDwCgg0',
  },
});
