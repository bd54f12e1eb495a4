import { createClient, generateDocument } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await generateDocument({
  client,
  body: {
    type: 'nda',
    inputs: {
      partyA: {
        name: 'Northwind GmbH',
        address: 'Gartenweg 7, 80331 Munich, Germany',
        representative: 'Helen Marsh',
      },
      partyB: { name: 'Ada Lovelace' },
      discloser: 'mutual',
      purpose: 'Evaluating a joint product.',
      effectiveDate: '2026-12-01',
      termMonths: 24,
      governingLaw: 'Ireland',
    },
    tone: 'plain',
    locale: 'en-GB',
    policy: 'nda',
  },
});
console.log(result);
