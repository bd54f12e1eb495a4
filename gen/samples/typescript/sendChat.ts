import { createClient, streamChat } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

for await (const event of streamChat({
  client,
  body: {
    userId: '019ab4c2-7c1e-7a52-9a51-3b6a0f1c2d4e',
    message: 'How long does a non-disclosure agreement usually bind the parties?',
  },
})) {
  if (event.type === 'delta') process.stdout.write(event.text);
}
