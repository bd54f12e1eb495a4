import { Counsel, createApiKey } from '@counsel/sdk';

const { COUNSEL_EMAIL, COUNSEL_PASSWORD, COUNSEL_URL } = process.env;
const counsel = new Counsel({ baseUrl: COUNSEL_URL! });
await counsel.login({ email: COUNSEL_EMAIL!, password: COUNSEL_PASSWORD! });
const { client } = counsel;

const result = await createApiKey({
  client,
  body: { name: 'Reports', scopes: ['*:read'] },
});
console.log(result);
