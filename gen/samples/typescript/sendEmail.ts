import { createClient, sendEmail } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await sendEmail({
  client,
  body: {
    to: ['ada@example.com'],
    subject: 'Your appointment',
    bodyText: 'Dear Ada,\n\nWe meet on Monday at ten.',
  },
});
console.log(result);
