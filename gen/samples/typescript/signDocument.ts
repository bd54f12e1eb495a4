import { createClient, signDocument } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL! });

const result = await signDocument({
  client,
  body: {
    token: 'nV3m8k0bq4yG7fZr1cXwT6uHs2LdJp9aEoKiYxNvB5M',
    signature: { typed: 'Ada Lovelace' },
  },
});
console.log(result);
