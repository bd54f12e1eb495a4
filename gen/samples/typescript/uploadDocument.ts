import { readFile } from 'node:fs/promises';
import { createClient, uploadDocument } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const file = new File([await readFile('contract.pdf')], 'contract.pdf');
const result = await uploadDocument({ client, body: { file } });
console.log(result);
