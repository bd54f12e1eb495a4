import { createClient, setNotificationPreferences } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await setNotificationPreferences({
  client,
  body: {
    items: [
      { type: 'document.uploaded', inApp: true, email: true },
      { type: 'signature.signed', inApp: false, email: false },
    ],
  },
});
console.log(result);
