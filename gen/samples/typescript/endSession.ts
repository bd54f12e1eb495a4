import { Counsel, endSession } from '@counsel/sdk';

const { COUNSEL_EMAIL, COUNSEL_PASSWORD, COUNSEL_URL } = process.env;
const counsel = new Counsel({ baseUrl: COUNSEL_URL! });
await counsel.login({ email: COUNSEL_EMAIL!, password: COUNSEL_PASSWORD! });
const { client } = counsel;

await endSession({
  client,
  path: { sessionId: '019ab4c2-7c1e-7a52-9a51-3b6a0f1c2d4e' },
});
