import { createClient, resetPassword } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL! });

await resetPassword({
  client,
  body: {
    token: 'AZq0yS8NfQuKNX8d4MG5qgn4bQgYhMfWWaLqgxVrQFaOTxsrC4Is0V1sFbDwCgg0',
    password: 'a new horse battery',
  },
});
