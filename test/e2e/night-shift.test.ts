/**
 * The example of the white paper: operators may stop servers only with a second factor, and only from midnight to four
 * in the morning of their own clock.
 */
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { authenticator } from '../harness/authenticator.ts';
import type { Credentials } from '../harness/clients.ts';
import { createAccount, createUser, keysOf, type Person, policy, putPolicy } from '../harness/people.ts';
import { native } from '../harness/signed.ts';

const server = inject('server');

const RULE = policy({
  Sid: 'NightShift',
  Effect: 'Allow',
  Action: ['app:RebootServer', 'app:StopServer'],
  Resource: '*',
  Condition: {
    Bool: { 'aws:MultiFactorAuthPresent': 'true' },
    NumericLessThan: { 'aws:MultiFactorAuthAge': '3600' },
    TimeOfDayBetween: { 'aws:CurrentTime': '00:00-04:00@Asia/Shanghai' },
  },
});
const ASK = { Effect: 'Allow', Action: 'authz:Authorize', Resource: '*' };

/** Shanghai is eight hours ahead of UTC. */
const INSIDE = ['2026-11-22T16:00:00Z', '2026-11-22T17:30:00Z', '2026-11-22T19:59:59Z'];
const OUTSIDE = ['2026-11-22T15:59:59Z', '2026-11-22T20:00:00Z', '2026-11-22T04:00:00Z'];

let account: Person;
let operator: Person;
let withFactor: Credentials;
let withoutFactor: Credentials;

async function ask(path: string, input: object, credentials: Credentials): Promise<Record<string, unknown>> {
  const answer = await native(server, path, input, { credentials });
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.text}`);
  return answer.text === '' ? {} : answer.json();
}

beforeAll(async () => {
  account = await createAccount(server);
  const admin = account.credentials;
  await ask(
    '/v1/authz/register-namespace',
    { Name: 'app', Actions: [{ Name: 'RebootServer' }, { Name: 'StopServer' }] },
    admin,
  );
  await ask('/v1/iam/create-group', { GroupName: 'operators' }, admin);
  await ask('/v1/iam/put-group-policy', { GroupName: 'operators', PolicyName: 'night', PolicyDocument: RULE }, admin);
  operator = await createUser(server, undefined, admin);
  await putPolicy(server, operator.name, { Version: '2012-10-17', Statement: [ASK] }, admin);
  await ask('/v1/iam/add-user-to-group', { UserName: operator.name, GroupName: 'operators' }, admin);

  const made = await ask('/v1/iam/create-virtual-mfa-device', { VirtualMFADeviceName: operator.name }, admin);
  const device = made.VirtualMFADevice as { SerialNumber: string; Base32StringSeed: string };
  const code = authenticator(Buffer.from(device.Base32StringSeed, 'base64').toString('latin1'));
  const { SerialNumber } = device;
  await ask(
    '/v1/iam/enable-mfa-device',
    { UserName: operator.name, SerialNumber, AuthenticationCode1: code(-1), AuthenticationCode2: code(0) },
    admin,
  );
  const login = { SerialNumber, TokenCode: code(1) };
  withFactor = keysOf(await ask('/v1/sts/get-session-token', login, operator.credentials));
  withoutFactor = keysOf(await ask('/v1/sts/get-session-token', {}, operator.credentials));
});

const question = (time: string, context = {}) => ({
  Action: 'app:RebootServer',
  Resource: `arn:aws:app:local-1:${account.accountId}:server/web-1`,
  Context: { 'aws:CurrentTime': time, ...context },
});

describe('an operator who signed in with a second factor', () => {
  it.each(INSIDE)('may reboot a server at %s', async (time) => {
    const answer = await ask('/v1/authz/authorize', question(time), withFactor);
    expect(answer).toMatchObject({ Decision: 'Allow', Message: expect.stringContaining('NightShift') });
  });

  it.each(OUTSIDE)('may not reboot a server at %s', async (time) => {
    const answer = await ask('/v1/authz/authorize', question(time), withFactor);
    expect(answer).toMatchObject({ Decision: 'Deny', Reason: 'implicit-deny' });
  });
});

describe('an operator who did not', () => {
  it.each([...INSIDE, ...OUTSIDE])('may not reboot a server at %s', async (time) => {
    for (const credentials of [withoutFactor, operator.credentials])
      expect(await ask('/v1/authz/authorize', question(time), credentials)).toMatchObject({ Decision: 'Deny' });
  });

  it('cannot claim the factor for its own session', async () => {
    const claim = question(INSIDE[0] as string, {
      'aws:MultiFactorAuthPresent': 'true',
      'aws:MultiFactorAuthAge': '5',
    });
    const answer = await native(server, '/v1/authz/authorize', claim, { credentials: withoutFactor });
    expect(answer.status).toBe(400);
  });
});

describe('an application that asks about its user', () => {
  const about = async (time: string, context = {}) => {
    const input = { Principal: operator.arn, ...question(time, context) };
    return (await ask('/v1/authz/authorize', input, account.credentials)).Decision;
  };
  const factor = { 'aws:MultiFactorAuthPresent': 'true', 'aws:MultiFactorAuthAge': '60' };

  it('is told yes with the factor at night, and no without it, by day, and once the factor is old', async () => {
    expect(await about(INSIDE[1] as string, factor)).toBe('Allow');
    expect(await about(INSIDE[1] as string)).toBe('Deny');
    expect(await about(OUTSIDE[2] as string, factor)).toBe('Deny');
    expect(await about(INSIDE[1] as string, { ...factor, 'aws:MultiFactorAuthAge': '3600' })).toBe('Deny');
  });
});
