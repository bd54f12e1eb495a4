// Deno and Bun: prints one line of JSON.
import { calls } from './calls.ts';

console.log(JSON.stringify(await calls(process.env.COUNSEL_URL!)));
