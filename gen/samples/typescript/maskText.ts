import { createClient, maskText } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await maskText({
  client,
  body: {
    text: 'My landlord is Wilhelmina Ferndale. May she keep the deposit?',
  },
});
console.log(result);
