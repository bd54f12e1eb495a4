import { Counsel, listUsers, paginate } from '@counsel/sdk';

const { COUNSEL_EMAIL, COUNSEL_PASSWORD, COUNSEL_URL } = process.env;
const counsel = new Counsel({ baseUrl: COUNSEL_URL! });
await counsel.login({ email: COUNSEL_EMAIL!, password: COUNSEL_PASSWORD! });
const { client } = counsel;

for await (const item of paginate(listUsers, {
  client,
  query: { role: 'lawyer' },
})) {
  console.log(item);
}
