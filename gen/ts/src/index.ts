export { Counsel, type CounselOptions, type TokenStore } from './counsel.js';
export { CounselError } from './error.js';
export { type ChatStreamEvent, streamChat, waitForJob } from './stream.js';
export { verifyWebhook, WebhookError } from './webhook.js';
export { client } from './gen/client.gen.js';
export type { Client } from './gen/client/index.js';
export * from './gen/index.js';
