import type { EventIds, Time, WebhookEventType } from './gen/types.gen.js';

/** The ids that events of a type always have; the others depend on what the resource belongs to. */
type IdsOf<Type> = Type extends 'ping'
  ? 'webhookId'
  : Type extends 'case.joined'
    ? 'caseId' | 'memberId'
    : Type extends 'task.assigned'
      ? 'caseId' | 'taskId' | 'assigneeId'
      : Type extends `case.${string}`
        ? 'caseId'
        : Type extends `document.${string}`
          ? 'documentId'
          : Type extends `draft.${string}`
            ? 'draftId'
            : Type extends `email.${string}`
              ? 'emailId'
              : Type extends `signature.${string}`
                ? 'trackingId'
                : never;

/** The payload of a webhook: `type` tells which ids `data` has. Ignore types you do not know. */
export type WebhookEvent = {
  [Type in WebhookEventType | 'ping']: { type: Type; timestamp: Time; data: EventIds & Required<Pick<EventIds, IdsOf<Type>>> };
}[WebhookEventType | 'ping'];

/** Why a request is not a valid webhook. Answer it with 400 and ignore its body. */
export class WebhookError extends Error {
  override readonly name = 'WebhookError';
}

/** How much the sender's clock may differ, in seconds. */
const tolerance = 300;

/**
 * Verifies the signature of a webhook request (Standard Webhooks) and returns its event. Throws a
 * WebhookError if it was not signed with `secret`, was changed, or is more than five minutes old.
 *
 * `rawBody` must be the body as received, before it is parsed. `secret` is the `whsec_…` that was
 * shown when the webhook was created; while you rotate it, pass both. The same event can arrive more
 * than once: ignore ids (`webhook-id`) you have already processed.
 */
export async function verifyWebhook(
  headers: Headers | Record<string, string | string[] | undefined>,
  rawBody: string | Uint8Array,
  secret: string | readonly string[],
  options: { now?: Date } = {},
): Promise<WebhookEvent> {
  const id = header(headers, 'webhook-id');
  const timestamp = header(headers, 'webhook-timestamp');
  const signatures = header(headers, 'webhook-signature');
  if (!id || !timestamp || !signatures) throw new WebhookError('A header is missing.');
  const age = (options.now ?? new Date()).getTime() / 1000 - Number(timestamp);
  if (!/^\d{1,12}$/.test(timestamp) || !(Math.abs(age) <= tolerance)) {
    throw new WebhookError("The timestamp is more than five minutes from this machine's time: the request is old, or the clock is wrong.");
  }

  const encoder = new TextEncoder();
  const body = typeof rawBody === 'string' ? encoder.encode(rawBody) : rawBody;
  const head = encoder.encode(`${id}.${timestamp}.`);
  const signed = new Uint8Array(head.length + body.length);
  signed.set(head);
  signed.set(body, head.length);

  for (const one of typeof secret === 'string' ? [secret] : secret) {
    const raw = fromBase64(one.replace(/^whsec_/, ''));
    if (!raw || raw.length === 0) throw new WebhookError('The secret is not one of this service.');
    const key = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
    for (const signature of signatures.split(' ')) {
      const [version, text] = signature.split(',');
      const bytes = version === 'v1' && text ? fromBase64(text) : undefined;
      // WebCrypto compares in constant time.
      if (bytes && (await crypto.subtle.verify('HMAC', key, bytes, signed))) {
        try {
          return JSON.parse(new TextDecoder().decode(body)) as WebhookEvent;
        } catch {
          throw new WebhookError('The body is not an event.');
        }
      }
    }
  }
  throw new WebhookError('The signature does not match.');
}

function header(headers: Headers | Record<string, string | string[] | undefined>, name: string): string | undefined {
  if (typeof (headers as Headers).get === 'function') return (headers as Headers).get(name) ?? undefined;
  for (const [key, value] of Object.entries(headers as Record<string, string | string[] | undefined>)) {
    if (key.toLowerCase() === name) return Array.isArray(value) ? value[0] : value;
  }
  return undefined;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  } catch {
    return undefined;
  }
}
