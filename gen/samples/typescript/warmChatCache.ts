import { createClient, warmChatCache } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await warmChatCache({
  client,
  body: {
    questions: [
      { message: 'How long does an NDA bind me?' },
      { message: 'What is a notice period?', locale: 'de' },
    ],
  },
});
console.log(result);
