// What every runtime executes: calls, a stream and an error, against the service at baseUrl.
import { Counsel, CounselError, getCurrentUser, listCases, registerUser, streamChat } from '@counsel/sdk';

export async function calls(baseUrl: string) {
  const counsel = new Counsel({ baseUrl });
  const { client } = counsel;
  const email = `runtime-${crypto.randomUUID()}@example.com`;
  const password = 'correct horse battery';

  await registerUser({ client, body: { email, password, fullName: 'Ada Lovelace' } });
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
  await counsel.logout();
  return { email: user.email === email, cases: cases.items.length, streamed: text.length > 0, code };
}
