/**
 * The clock is set while requests run, forth and back: what is signed by the right time of the server is served, nothing
 * old gets younger, nothing is allowed wrongly, and nothing needs a restart.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, raw } from '../harness/clients.ts';
import { allow, createUser, type Person } from '../harness/people.ts';
import { type Running, startParapet } from '../harness/server.ts';
import { SetClock } from '../harness/set-clock.ts';
import { native, sign } from '../harness/signed.ts';
import { readStream } from '../harness/stream.ts';

const WINDOW_S = 300;
const SERVED_MS = 30_000;
const JUMPS = [60, -60, WINDOW_S - 60, 3_600, 0, -3_600, 0, 86_400, 0];

const clock = new SetClock();
let server: Running;
let nobody: Person;
let somebody: Person;

beforeAll(async () => {
  // Certificates between services do not count before they were made: this installation is two hours old.
  await clock.set(-7_200);
  server = await startParapet({ shape: 'micro', env: clock.env });
  await clock.set(0);
  await eventually(async () => (await native(server, '/v1/kms/create-key', {})).status === 200, 60_000);
  nobody = await createUser(server);
  somebody = await createUser(server, allow('*'));
}, 180_000);
afterAll(async () => {
  await server?.stop();
  clock.remove();
});

const status = async (at: number, person?: Person, path = '/v1/kms/list-keys') => {
  const options = { at, ...(person && { credentials: person.credentials }) };
  return (await native(server, path, {}, options).catch(() => undefined))?.status ?? 0;
};

/** Not whether the machine was busy at the moment. */
const decided = (at: number, person?: Person) =>
  eventually(async () => {
    const answer = await status(at, person);
    return answer !== 503 && answer;
  }, SERVED_MS);

it.each(JUMPS.map((seconds, at) => [seconds, JUMPS[at - 1] ?? 0]))('set to %i s, from %i s', async (seconds) => {
  await clock.set(seconds);
  const made = await eventually(async () => {
    const answer = await native(server, '/v1/kms/create-key', {}, { at: clock.now() }).catch(() => undefined);
    return answer?.status === 200 && answer;
  }, SERVED_MS);
  expect(await decided(clock.now(), nobody)).toBe(403);
  // By the time of this machine: in the window or not, and never a fault.
  expect(await decided(Date.now())).toBe(Math.abs(seconds) < WINDOW_S ? 200 : 401);
  const id = String(made.headers['x-amzn-requestid']);
  await eventually(async () => {
    const { records } = await readStream(server, undefined, clock.now()).catch(() => ({ records: [] }));
    return records.some(({ requestID }) => requestID === id);
  }, SERVED_MS);
});

it('a signature that was used stays used when the clock is set forth and back', async () => {
  await clock.set(0);
  const path = '/v1/kms/create-key';
  const headers = sign(server, { path, body: '{}', headers: { 'content-type': 'application/json' } }, [
    'amz-sdk-invocation-id',
  ]);
  const send = async () => (await raw(server, { method: 'POST', path, headers, body: '{}' })).status;
  await eventually(async () => (await send()) === 200, SERVED_MS);
  await clock.set(3_600);
  await eventually(async () => (await status(clock.now(), undefined, path)) === 200, SERVED_MS);
  await clock.set(0);
  await eventually(async () => (await status(clock.now())) === 200, SERVED_MS);
  expect(await send()).toBe(401);
});

it('what a node knows is not believed for longer because the clock was set back', async () => {
  await eventually(async () => (await status(clock.now(), somebody)) === 200, SERVED_MS);
  await clock.set(-120);
  await eventually(async () => (await status(clock.now(), somebody)) === 200, SERVED_MS);
  await clock.set(-3_600);
  await server.killService('iam');
  const killed = performance.now();
  const served: number[] = [];
  while (performance.now() - killed < 10_000) {
    const begun = performance.now() - killed;
    if ((await status(clock.now(), somebody)) === 200) served.push(Math.round(begun));
  }
  expect(served.filter((ms) => ms > 5_000)).toEqual([]);
  await server.startService('iam');
  await eventually(async () => (await status(clock.now(), somebody)) === 200, SERVED_MS);
});
