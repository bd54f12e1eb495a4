// A Cloudflare worker: `workerd test` calls it; it prints one line of JSON.
import { calls } from './calls.ts';

export default {
  async test(_controller: unknown, env: { COUNSEL_URL: string }) {
    console.log(JSON.stringify(await calls(env.COUNSEL_URL)));
  },
};
