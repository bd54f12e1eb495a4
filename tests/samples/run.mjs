// Runs compiled TypeScript samples: each line of the input is {"file", "env"}, each line of the output {"output", "error"}.
import { createInterface } from 'node:readline';

const write = process.stdout.write.bind(process.stdout);
let output = '';
process.stdout.write = (text) => {
  output += text;
  return true;
};
for await (const line of createInterface({ input: process.stdin })) {
  const { file, env } = JSON.parse(line);
  Object.assign(process.env, env);
  output = '';
  let error = null;
  try {
    await import(file);
  } catch (e) {
    error = `${e.stack} ${e.code ?? ''}`;
  }
  write(`${JSON.stringify({ output, error })}\n`);
}
