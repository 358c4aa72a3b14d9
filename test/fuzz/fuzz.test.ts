/**
 * Generated inputs for every operation, from the declarations. Whatever is sent: a clear answer with a declared code,
 * never a fault of ours, in reasonable time, and exactly one record. Cases per operation: PARAPET_FUZZ_CASES.
 */
import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import fc from 'fast-check';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { operations } from '../../derive/operations.ts';
import { PLATFORM_CODES } from '../../platform/contract/error.ts';
import type { AnyOperation } from '../../platform/contract/operation.ts';
import { nativeRequest } from '../../sdk/native-request.ts';
import type { RawAnswer } from '../harness/clients.ts';
import { createAccount, type Person } from '../harness/people.ts';
import { json11, send } from '../harness/signed.ts';
import { readStream } from '../harness/stream.ts';
import { inputsOf } from './inputs.ts';

const CASES = Number(process.env.PARAPET_FUZZ_CASES ?? 20);
const SLOW_MS = 5_000;
const RECORDED_MS = 10_000;
const server = inject('server');
const agent = new Agent({ keepAlive: true, ca: readFileSync(server.caPath) });
afterAll(() => agent.destroy());

/** An account of its own for every operation: an accepted input may well take away the caller's access. */
const accounts: { person: Person; requests: Map<string, string> }[] = [];

/** Members that are part of the path can make a target that leads to no operation: nothing of a service saw it. */
function isOfNoOperation({ text }: RawAnswer): boolean {
  return ['"InvalidTarget"', '"HeadersTooLarge"', '"UnknownOperation"'].some((reason) => text.includes(reason));
}

/** The client refuses to build a request without the member that is part of the path. */
function withPathMember(operation: AnyOperation, input: Record<string, unknown>): Record<string, unknown> {
  const name = /\{(\w+)\}/.exec(operation.rest.path)?.[1];
  if (name === undefined || (input[name] !== undefined && input[name] !== '')) return input;
  return { ...input, [name]: 'none' };
}

/** Whoever asks to wait waits as long; a second of it shows the same. */
function withShortWait({ longestWaitMs = 0 }: AnyOperation, input: Record<string, unknown>): Record<string, unknown> {
  const { WaitSeconds = 1 } = input;
  const waits = typeof WaitSeconds === 'number' && WaitSeconds >= 1 && WaitSeconds * 1000 <= longestWaitMs;
  return waits ? { ...input, WaitSeconds: 1 } : input;
}

/** As the SDKs sign: by the prefix of the action. */
function signingName({ authz, area }: AnyOperation): string {
  return typeof authz === 'object' ? authz.action.slice(0, authz.action.indexOf(':')) : area;
}

function check(operation: AnyOperation, answer: RawAnswer, tookMs: number): void {
  expect(answer.status, answer.text).toBeLessThan(500);
  expect(tookMs).toBeLessThan(SLOW_MS);
  if (answer.text === '') return;
  const body = answer.json();
  if (answer.status !== 200 && 'code' in body)
    expect([...Object.keys(operation.errors), ...Object.keys(PLATFORM_CODES)]).toContain(body.code);
}

describe.each(operations.map((operation) => [`${operation.area}:${operation.name}`, operation] as const))(
  '%s',
  (_, operation) => {
    it('answers every input with a declared code', async () => {
      const person = await createAccount(server);
      const { credentials } = person;
      /** What was answered, by request id. */
      const requests = new Map<string, string>();
      accounts.push({ person, requests });
      const sent = async (request: () => Promise<RawAnswer>) => {
        const from = performance.now();
        const answer = await request().catch((error: NodeJS.ErrnoException) => {
          // The server had closed the idle connection while the client was busy: nothing of the request was read.
          if (error.code === 'ECONNRESET') return request();
          throw error;
        });
        if (isOfNoOperation(answer)) return;
        check(operation, answer, performance.now() - from);
        // Refused before a caller was known: in nobody's stream.
        if (answer.status !== 401)
          requests.set(String(answer.headers['x-amzn-requestid']), `${operation.name}: ${answer.text}`);
      };
      await fc.assert(
        fc.asyncProperty(inputsOf(operation), async (made) => {
          const input = withShortWait(operation, made);
          const { method, target, body } = nativeRequest(operation, withPathMember(operation, input));
          const headers: Record<string, string> = body ? { 'content-type': 'application/json' } : {};
          await sent(() => send(server, { method, path: target, headers, ...(body && { body }), credentials, agent }));
          const { aws } = operation;
          if (aws?.protocol === 'json-1.1')
            await sent(() =>
              json11(server, aws.target, input, { credentials, agent, service: signingName(operation) }),
            );
        }),
        { numRuns: CASES, endOnFailure: true, interruptAfterTimeLimit: 3_000_000 },
      );
    });
  },
);

it('has exactly one record of every request that was answered', async () => {
  expect(accounts.length).toBe(operations.length);
  for (const { person, requests } of accounts) {
    const unseen = new Map(requests);
    const seen = new Map<string, number>();
    for (const until = Date.now() + RECORDED_MS; unseen.size > 0 && Date.now() < until; ) {
      seen.clear();
      let records: { requestID: string; userIdentity: { invokedBy?: string } }[];
      try {
        ({ records } = await readStream(server, person.credentials));
      } catch {
        // The account took its own access away, which is its right.
        unseen.clear();
        break;
      }
      // What a service did on behalf of the caller is recorded under the same id, beside the request itself.
      for (const { requestID, userIdentity } of records)
        if (userIdentity.invokedBy === undefined) seen.set(requestID, (seen.get(requestID) ?? 0) + 1);
      for (const id of seen.keys()) unseen.delete(id);
    }
    expect([...unseen.values()]).toEqual([]);
    for (const [id, times] of seen) expect(times, `records of request ${id}`).toBe(1);
  }
});
