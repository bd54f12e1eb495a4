// The server's client: its key never reaches the browser.
import { createClient } from '@counsel/sdk';

export function program() {
  return createClient({ baseUrl: process.env['COUNSEL_URL']!, apiKey: process.env['COUNSEL_API_KEY']! });
}
