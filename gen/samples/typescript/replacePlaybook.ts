import { createClient, replacePlaybook } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await replacePlaybook({
  client,
  path: { playbookId: '019ab4d9-1111-7c2d-8e3f-4a5b6c7d8e9f' },
  body: {
    version: 1,
    playbook: {
      name: 'Our terms for NDAs',
      positions: [
        { clauseType: 'Non-Compete', severity: 'high', forbidden: true },
      ],
    },
  },
});
console.log(result);
