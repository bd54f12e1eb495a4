import { createClient, renderBatch } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await renderBatch({
  client,
  body: {
    items: [
      {
        templateId: 'nda',
        version: '1',
        data: {
          partyA: {
            name: 'Northwind GmbH',
            address: 'Gartenweg 7, 80331 Munich, Germany',
            representative: 'Helen Marsh',
          },
          partyB: {
            name: 'Ada Lovelace',
            address: '12 St James Square, London SW1Y 4JH, United Kingdom',
          },
          discloser: 'mutual',
          purpose: 'Evaluating a joint product.',
          effectiveDate: '2026-12-01',
          termMonths: 24,
          governingLaw: 'Ireland',
        },
      },
      {
        templateId: 'nda',
        version: '1',
        data: {
          partyA: {
            name: 'Northwind GmbH',
            address: 'Gartenweg 7, 80331 Munich, Germany',
            representative: 'Helen Marsh',
          },
          partyB: {
            name: 'Grace Hopper',
            address: '12 St James Square, London SW1Y 4JH, United Kingdom',
          },
          discloser: 'mutual',
          purpose: 'Evaluating a joint product.',
          effectiveDate: '2026-12-01',
          termMonths: 24,
          governingLaw: 'Ireland',
        },
      },
    ],
  },
});
console.log(result);
