export { Counsel, type CounselOptions, createClient } from './counsel.js';
export { downloadDocument, type DownloadProgress } from './download.js';
export {
  ConflictError,
  ConnectionError,
  CounselError,
  type CounselErrorCode,
  ForbiddenError,
  InvalidRequestError,
  NotFoundError,
  RateLimitedError,
  TimeoutError,
  UnauthenticatedError,
  UnavailableError,
} from './error.js';
export { paginate } from './pages.js';
export { type CallOptions, idempotencyKey, type RetryOptions } from './retry.js';
export { type ChatStreamEvent, streamChat, waitForJob } from './stream.js';
export { localStorageStore, memoryStore, sessionCookieStore, type TokenStore } from './store.js';
export { uploadDocument, type UploadProgress } from './upload.js';
export { verifyWebhook, WebhookError, type WebhookEvent } from './webhook.js';
export { client } from './gen/client.gen.js';
export type { Client } from './gen/client/index.js';
export * from './gen/index.js';
