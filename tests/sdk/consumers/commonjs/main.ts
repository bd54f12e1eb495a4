// Compiled to CommonJS and run: prints what the package exports.
import { Counsel, CounselError, sendChat } from '@counsel/sdk';
import { getCurrentUserOptions } from '@counsel/sdk/react-query';
import { zChatResponse } from '@counsel/sdk/zod';

declare const console: { log(text: string): void };

const { client } = new Counsel({ baseUrl: 'https://counsel.example' });
const error = new CounselError({ status: 503 });
console.log([typeof client.get, error.status, typeof sendChat, typeof getCurrentUserOptions, typeof zChatResponse.parse].join(' '));
