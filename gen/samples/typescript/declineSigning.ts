import { createClient, declineSigning } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL! });

const result = await declineSigning({
  client,
  body: {
    token: 'nV3m8k0bq4yG7fZr1cXwT6uHs2LdJp9aEoKiYxNvB5M',
    reason: 'Clause 4 is not what we agreed.',
  },
});
console.log(result);
