import { createClient, refreshTokens } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL! });

const result = await refreshTokens({
  client,
  body: {
    refreshToken: 'AZrRkcqheqqSYgGf2Z5sHg.4n3D0pZ8vR1mT6yKq2wXbLhUeJc9sFaGiOoNrMtPdVk',
  },
});
console.log(result);
