/** The record: everything that happened is found, explained and proven; nothing secret is in it. */
import { describe, expect, inject, it } from 'vitest';
import { eventually } from '../harness/clients.ts';
import { createAccount, createUser } from '../harness/people.ts';
import { native } from '../harness/signed.ts';
import { readStream } from '../harness/stream.ts';

const server = inject('server');

interface Found {
  Sequence?: number;
  Event: { eventName: string; eventID: string; requestID: string; errorCode?: string; userIdentity: { arn: string } };
}

async function lookUp(filters: string): Promise<Found[]> {
  const answer = await native(server, `/v1/audit/events?${filters}`, {}, { method: 'GET' });
  expect(answer.status, answer.text).toBe(200);
  return answer.json().Events as Found[];
}

describe('search', () => {
  it('finds a request by id, name, principal and outcome', async () => {
    const person = await createUser(server);
    const denied = await native(server, '/v1/kms/list-keys', {}, { credentials: person.credentials });
    const requestId = denied.headers['x-amzn-requestid'] as string;
    const [found] = await eventually(async () => {
      const events = await lookUp(`RequestId=${requestId}`);
      return events.length > 0 ? events : undefined;
    });
    expect(found?.Event).toMatchObject({
      eventName: 'ListKeys',
      errorCode: 'AccessDenied',
      userIdentity: { arn: person.arn },
    });
    const others = await lookUp(`PrincipalArn=${encodeURIComponent(person.arn)}&Outcome=denied&EventName=ListKeys`);
    expect(others.map((e) => e.Event.requestID)).toEqual([requestId]);
    expect(await lookUp(`PrincipalArn=${encodeURIComponent(person.arn)}&Outcome=success&EventName=ListKeys`)).toEqual(
      [],
    );
  });

  it('pages through without gaps or repetitions', async () => {
    for (let i = 0; i < 5; i++) await native(server, '/v1/kms/list-keys', { Limit: 1 });
    const seen: string[] = [];
    let token = '';
    for (let page = 0; page < 3; page++) {
      const answer = await native(server, `/v1/audit/events?Limit=2${token}`, {}, { method: 'GET' });
      seen.push(...(answer.json().Events as Found[]).map((e) => e.Event.eventID));
      token = `&NextToken=${encodeURIComponent(answer.json().NextToken as string)}`;
    }
    expect(new Set(seen).size).toBe(6);
  });

  it('keeps the inputs of a decision so that it can be asked again', async () => {
    const made = await native(server, '/v1/kms/create-key', {});
    const KeyId = (made.json().KeyMetadata as { KeyId: string }).KeyId;
    await native(server, '/v1/kms/encrypt', { KeyId, Plaintext: 'eA==', EncryptionContext: { app: 'audit' } });
    const events = await eventually(async () => {
      const found = await lookUp(`EventName=Encrypt&Limit=5`);
      return found.some((e) => JSON.stringify(e).includes(KeyId)) ? found : undefined;
    });
    const event = events.find((e) => JSON.stringify(e).includes(KeyId))?.Event as unknown as {
      x: {
        decision: {
          effect: string;
          checks: { action: string; context: Record<string, string> }[];
          context: Record<string, string>;
          policies: string[];
        };
      };
      requestParameters: Record<string, unknown>;
    };
    expect(event.x.decision).toMatchObject({ effect: 'allow' });
    expect(event.x.decision.checks[0]).toMatchObject({
      action: 'kms:Encrypt',
      context: { 'kms:encryptioncontext:app': 'audit' },
    });
    expect(event.x.decision.policies).toContain('arn:aws:iam::aws:policy/AdministratorAccess@v1');
    expect(event.requestParameters).not.toHaveProperty('Plaintext');
  });
});

describe('the chain', () => {
  it('verifies from the first record, gapless, and holds one record per request', async () => {
    const account = await createAccount(server);
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      const answer = await native(server, '/v1/kms/create-key', {}, { credentials: account.credentials });
      ids.push(answer.headers['x-amzn-requestid'] as string);
    }
    const stream = await eventually(async () => {
      const read = await readStream(server, account.credentials);
      const seen = new Set(read.records.map((r) => r.requestID));
      return ids.every((id) => seen.has(id)) ? read : undefined;
    });
    expect(stream.raw.map((r) => r.Sequence)).toEqual(stream.raw.map((_, i) => i + 1));
    for (const id of ids) expect(stream.records.filter((r) => r.requestID === id)).toHaveLength(1);
    expect(
      stream.records.every((r) => (r as { recipientAccountId?: string }).recipientAccountId === account.accountId),
    ).toBe(true);
  });
});

describe('refused callers', () => {
  it('a wrong signature for a known operation is recorded as a failure without an account', async () => {
    const answer = await native(
      server,
      '/v1/kms/list-keys',
      {},
      {
        credentials: { accessKeyId: server.admin.accessKeyId, secretAccessKey: 'x'.repeat(40) },
      },
    );
    expect(answer.status).toBe(401);
    expect(answer.headers['x-amzn-requestid']).toBeDefined();
  });
});
