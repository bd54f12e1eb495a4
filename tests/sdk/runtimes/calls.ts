// What every runtime executes: calls, a stream, files and an error, against the service at baseUrl.
import { Counsel, CounselError, downloadDocument, getCurrentUser, listCases, registerUser, streamChat, uploadDocument } from '@counsel/sdk';
import { pdf } from '../pdf.mjs';

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
  const file = new File([pdf('Either party may end this agreement.')], 'agreement.pdf');
  const sent: number[] = [];
  const document = await uploadDocument({ client, body: { file }, onProgress: ({ loaded, total }) => sent.push(loaded / total) });
  const received: number[] = [];
  const copy = await downloadDocument({ client, path: { docId: document.id }, onProgress: ({ loaded, total }) => received.push(loaded / total!) });
  let code = '';
  try {
    await listCases({ client, query: { limit: 1000 } });
  } catch (error) {
    if (error instanceof CounselError) code = error.code;
  }
  await counsel.logout();
  return {
    email: user.email === email,
    cases: cases.items.length,
    streamed: text.length > 0,
    file: (await copy.text()) === (await file.text()),
    progress: [sent[0], sent.at(-1), received.at(-1)],
    code,
  };
}
