import { createClient, createTemplateVersion } from '@counsel/sdk';

const client = createClient({ baseUrl: process.env.COUNSEL_URL!, apiKey: process.env.COUNSEL_API_KEY! });

const result = await createTemplateVersion({
  client,
  path: { templateId: 'nda' },
  body: {
    version: '2',
    body: '---\nname: Notice of termination\ntitle: Notice of Termination to {{recipient}}\nlanguage: en-GB\nnumbering: none\nfooter: { right: \'Page {page} of {pages}\' }\n---\n# Notice of Termination\n\nDear {{recipient}},\n\nwe end the agreement of {{agreementDate}}{{#reason}} because {{reason}}{{/reason}}.\n',
    schema: {
      type: 'object',
      additionalProperties: false,
      required: ['recipient', 'agreementDate'],
      properties: {
        recipient: {
          type: 'string',
          minLength: 1,
          maxLength: 200,
          pattern: '\\S',
        },
        agreementDate: { type: 'string', format: 'date', maxLength: 10 },
        reason: {
          type: 'string',
          minLength: 1,
          maxLength: 1000,
          pattern: '\\S',
        },
      },
    },
    sampleData: { recipient: 'Northwind GmbH', agreementDate: '2025-03-03' },
  },
});
console.log(result);
