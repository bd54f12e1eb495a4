import { createClient, sendEmails } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await sendEmails({
  client,
  body: {
    emails: [
      {
        to: ['ada@example.com'],
        subject: 'Our office moves',
        bodyText: 'We move on Monday.',
      },
      {
        to: ['bob@example.com'],
        subject: 'Our office moves',
        bodyText: 'We move on Monday.',
      },
    ],
  },
});
console.log(result);
