/** Records as they come, over the API, and the writers that say that they live. */
import { describe, expect, inject, it } from 'vitest';
import { eventually } from '../harness/clients.ts';
import { createUser } from '../harness/people.ts';
import { native } from '../harness/signed.ts';
import type { StoredRecord } from '../harness/stream.ts';

const server = inject('server');

interface Tail {
  Records: { Sequence: number; Record: string; PreviousHash: string; Hash: string }[];
  NextSequence: number;
}
interface OrganizationTail {
  Events: { AccountId: string; Position: number; Event: StoredRecord }[];
  NextPosition: number;
}

async function ask<Answer>(path: string, input: object): Promise<Answer> {
  const answer = await native(server, path, input);
  expect(answer.status, answer.text).toBe(200);
  return answer.json() as unknown as Answer;
}
const tail = (input: object) => ask<Tail>('/v1/audit/tail-stream', input);
const tailOrganization = (input: object) => ask<OrganizationTail>('/v1/org/tail-organization-events', input);

describe('a stream as it comes', () => {
  it('answers a waiting request with what happens meanwhile, whole and in order', async () => {
    const { NextSequence } = await tail({});
    const seen: Tail['Records'] = [];
    const person = await createUser(server);
    for (let from = NextSequence; !seen.some(({ Record }) => Record.includes(person.arn)); ) {
      const page = await tail({ FromSequence: from, WaitSeconds: 20 });
      seen.push(...page.Records);
      from = page.NextSequence;
    }
    expect(seen.map(({ Sequence }) => Sequence)).toEqual(seen.map((_, at) => NextSequence + at));
    for (const [at, { PreviousHash }] of seen.entries()) if (at > 0) expect(PreviousHash).toBe(seen[at - 1]!.Hash);
  });

  it('is denied to whom no policy allows it', async () => {
    const { credentials } = await createUser(server);
    for (const path of ['/v1/audit/tail-stream', '/v1/org/tail-organization-events'])
      expect((await native(server, path, {}, { credentials })).status).toBe(403);
  });

  it('of an organization has the same records, with their places in the log', async () => {
    const { NextPosition } = await tailOrganization({});
    const person = await createUser(server);
    const found = await eventually(async () => {
      const page = await tailOrganization({ FromPosition: NextPosition, Limit: 200, WaitSeconds: 5 });
      return page.Events.find(({ Event }) => JSON.stringify(Event).includes(person.arn)) && page;
    });
    const positions = found.Events.map(({ Position }) => Position);
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    expect(Math.min(...positions)).toBeGreaterThanOrEqual(NextPosition);
    expect(found.NextPosition).toBeGreaterThan(positions.at(-1)!);
  });
});
