/** iam hangs: it takes connections and answers nothing. Nobody is kept waiting for it, and nothing needs a restart. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../harness/clients.ts';
import { type Running, startParapet } from '../harness/server.ts';
import { native } from '../harness/signed.ts';

/** Two views of it, in the gateway and in the service, each with a second of patience; on a busy machine. */
const PATIENCE_MS = 4_000;
const BELIEVED_MS = 5_000;

let server: Running;
beforeAll(async () => {
  server = await startParapet({ shape: 'micro' });
});
afterAll(() => server.stop());

async function ask() {
  const from = performance.now();
  const answer = await native(server, '/v1/kms/list-keys');
  return { status: answer.status, code: answer.json().code, ms: performance.now() - from };
}

it('requests are denied in time while iam hangs, and answered when it goes on', async () => {
  expect(await ask()).toMatchObject({ status: 200 });
  const [iam] = server.processes();
  iam?.kill('SIGSTOP');
  try {
    const stoppedAt = performance.now();
    const answers: Awaited<ReturnType<typeof ask>>[] = [];
    while (performance.now() - stoppedAt < BELIEVED_MS + PATIENCE_MS) {
      answers.push(await ask());
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(answers.filter(({ ms }) => ms > PATIENCE_MS)).toEqual([]);
    expect(answers[0]).toMatchObject({ status: 200 });
    expect(answers.at(-1)).toMatchObject({ status: 503, code: 'Unavailable' });
    expect(answers.every(({ status }) => status === 200 || status === 503)).toBe(true);
  } finally {
    iam?.kill('SIGCONT');
  }
  await eventually(async () => (await ask()).status === 200, 10_000);
});
