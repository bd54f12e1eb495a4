// What runs in Deno: `deno run deno/calls.ts URL`. Prints one line of JSON.
import { Counsel, CounselError, getCurrentUser, listCases, registerUser, streamChat } from '@counsel/sdk';

const [baseUrl] = Deno.args;
const counsel = new Counsel({ baseUrl });
const { client } = counsel;
const email = `deno-${crypto.randomUUID()}@example.com`;
const password = 'correct horse battery';

await registerUser({ client, body: { email, password, fullName: 'Deno Runtime' } });
await counsel.login({ email, password });
const user = await getCurrentUser({ client });
const cases = await listCases({ client, query: { limit: 5 } });
let text = '';
for await (const event of streamChat({ client, body: { userId: user.id, message: 'How long is notice?' } })) {
  if (event.type === 'delta') text += event.text;
}
let code = '';
try {
  await listCases({ client, query: { limit: 1000 } });
} catch (error) {
  if (error instanceof CounselError) code = error.code;
}
console.log(JSON.stringify({ email: user.email === email, cases: cases.items.length, streamed: text.length > 0, code }));
