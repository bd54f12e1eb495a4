import { consentToSigning, createClient } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL! });

const result = await consentToSigning({
  client,
  body: {
    token: 'nV3m8k0bq4yG7fZr1cXwT6uHs2LdJp9aEoKiYxNvB5M',
    disclosure: '2026-1',
  },
});
console.log(result);
