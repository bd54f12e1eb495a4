// Compiled, not run: the types of what the SDK adds to the generated code.
import {
  Counsel, CounselError, type CounselErrorCode, getCurrentUser, listCaseNotes, listCases, localStorageStore, memoryStore, paginate,
  type ProblemCode, sessionCookieStore, type TokenStore, type WebhookEvent,
} from '@counsel/sdk';

const { client } = new Counsel({ retries: 1, timeout: 5000, store: memoryStore() });
export const stores: TokenStore[] = [localStorageStore('key'), sessionCookieStore()];

export async function lists(): Promise<string[]> {
  const texts: string[] = [];
  for await (const found of paginate(listCases, { client, query: { limit: 5, status: 'open' } })) texts.push(found.title);
  for await (const note of paginate(listCaseNotes, { client, path: { caseId: texts[0] ?? '' } })) texts.push(note.id);
  // @ts-expect-error: the operation needs a path
  paginate(listCaseNotes, { client });
  // @ts-expect-error: the list has no such parameter
  paginate(listCases, { client, query: { nonsense: 1 } });
  // @ts-expect-error: not a list
  paginate(getCurrentUser, { client });
  return texts;
}

export function onEvent(event: WebhookEvent): string {
  switch (event.type) {
    case 'task.assigned':
      return event.data.assigneeId;
    case 'signature.signed':
    case 'signature.completed':
      return event.data.trackingId;
    case 'email.bounced':
      return event.data.emailId;
    case 'ping':
      return event.data.webhookId;
    case 'document.uploaded': {
      // @ts-expect-error: a document may belong to no case
      const id: string = event.data.caseId;
      return event.data.documentId + id;
    }
    // @ts-expect-error: no such event
    case 'case.exploded':
      return '';
    default:
      return event.timestamp;
  }
}

export function onError(error: CounselError): string {
  const known: ProblemCode = 'rate_limited';
  // @ts-expect-error: no such code
  const unknown: ProblemCode = 'rate_limit';
  const code: CounselErrorCode = error.code;
  return code === known ? unknown : code;
}
