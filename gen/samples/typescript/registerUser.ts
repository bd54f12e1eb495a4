import { createClient, registerUser } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL! });

const result = await registerUser({
  client,
  body: {
    email: 'ada@example.com',
    password: 'correct horse battery',
    fullName: 'Ada Lovelace',
  },
});
console.log(result);
