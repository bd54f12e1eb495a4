import { createClient, loginUser } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL! });

const result = await loginUser({
  client,
  body: { email: 'ada@example.com', password: 'correct horse battery' },
});
console.log(result);
