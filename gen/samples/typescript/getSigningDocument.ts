import { writeFile } from 'node:fs/promises';
import { createClient, getSigningDocument } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL! });

const content = await getSigningDocument({
  client,
  body: { token: 'nV3m8k0bq4yG7fZr1cXwT6uHs2LdJp9aEoKiYxNvB5M' },
});
await writeFile('document.pdf', Buffer.from(await content.arrayBuffer()));
