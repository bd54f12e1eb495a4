import { Counsel, revokeApiKey } from '@counsel/sdk';

const { COUNSEL_EMAIL, COUNSEL_PASSWORD, COUNSEL_URL } = process.env;
const counsel = new Counsel({ baseUrl: COUNSEL_URL! });
await counsel.login({ email: COUNSEL_EMAIL!, password: COUNSEL_PASSWORD! });
const { client } = counsel;

await revokeApiKey({
  client,
  path: { apiKeyId: '019ab4da-2222-7c2d-8e3f-4a5b6c7d8e9f' },
});
