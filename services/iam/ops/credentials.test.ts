import { createHmac, createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSessionVerifier } from '../../../platform/authn/session/jwt.ts';
import { iamApi as api } from '../api/index.ts';
import { SESSION_AUDIENCE } from '../api/session-claims.ts';
import { allow, callerOf, errorOf, type IamWorld, makeUser, openIam, SCOPE } from '../testing/harness.ts';

let world: IamWorld;
beforeAll(async () => {
  world = await openIam();
});
afterAll(() => world.close());

function chain(secret: string): Buffer {
  let key: Buffer = Buffer.from(`AWS4${secret}`);
  for (const part of [SCOPE.Date, SCOPE.Region, SCOPE.Service, 'aws4_request'])
    key = createHmac('sha256', key).update(part).digest();
  return key;
}

const unknown = { code: 'UnknownAccessKey', message: 'access key is unknown or inactive' };

describe('access keys', () => {
  it('are two at most, listed without secrets, disabled, enabled and deleted', async () => {
    const anna = await makeUser(world, 'anna');
    const second = await world.as(world.admin, api.CreateAccessKey, { UserName: 'anna' });
    expect(await errorOf(world.as(world.admin, api.CreateAccessKey, { UserName: 'anna' }))).toMatchObject({
      code: 'LimitExceeded',
      message: 'Cannot exceed quota for AccessKeysPerUser: 2',
    });
    const { AccessKeyMetadata } = await world.as(world.admin, api.ListAccessKeys, { UserName: 'anna' });
    expect(AccessKeyMetadata.map((key) => key.AccessKeyId).sort()).toEqual(
      [anna.accessKeyId, second.AccessKey.AccessKeyId].sort(),
    );
    expect(JSON.stringify(AccessKeyMetadata)).not.toContain(second.AccessKey.SecretAccessKey);

    const AccessKeyId = anna.accessKeyId as string;
    const update = (Status: string) =>
      world.as(world.admin, api.UpdateAccessKey, { UserName: 'anna', AccessKeyId, Status });
    await update('Inactive');
    expect(await errorOf(callerOf(world, AccessKeyId))).toMatchObject(unknown);
    await update('Active');
    await callerOf(world, AccessKeyId);
    expect(await errorOf(update('Expired'))).toMatchObject({ code: 'InvalidInput' });
    await world.as(world.admin, api.DeleteAccessKey, { UserName: 'anna', AccessKeyId });
    expect(await errorOf(callerOf(world, AccessKeyId))).toMatchObject(unknown);
    expect(await errorOf(update('Active'))).toMatchObject({
      code: 'NotFound',
      message: `The Access Key with id ${AccessKeyId} cannot be found.`,
    });
  });

  it('of one user are not reached through another', async () => {
    const ben = await makeUser(world, 'ben');
    await world.as(world.admin, api.CreateUser, { UserName: 'cleo' });
    for (const [operation, extra] of [
      [api.UpdateAccessKey, { Status: 'Inactive' }],
      [api.DeleteAccessKey, {}],
    ] as const) {
      const input = { UserName: 'cleo', AccessKeyId: ben.accessKeyId, ...extra };
      expect(await errorOf(world.as(world.admin, operation, input))).toMatchObject({ code: 'NotFound' });
    }
    await callerOf(world, ben.accessKeyId as string);
  });

  it('are managed by their user without naming it', async () => {
    const dora = await makeUser(world, 'dora', [allow('iam:*AccessKey*', `arn:aws:iam::*:user/\${aws:username}`)]);
    const { AccessKey } = await world.as(dora, api.CreateAccessKey, {});
    expect(AccessKey.UserName).toBe('dora');
    await world.as(dora, api.DeleteAccessKey, { AccessKeyId: AccessKey.AccessKeyId });
    expect(await errorOf(world.as(dora, api.CreateAccessKey, { UserName: 'admin' }))).toMatchObject({
      code: 'AccessDenied',
    });
  });

  it('remember when they were last used, the newest use only', async () => {
    const emma = await makeUser(world, 'emma');
    const AccessKeyId = emma.accessKeyId as string;
    const lastUsed = () => world.as(world.admin, api.GetAccessKeyLastUsed, { AccessKeyId });
    expect(await lastUsed()).toEqual({ UserName: 'emma', AccessKeyLastUsed: { ServiceName: 'N/A', Region: 'N/A' } });
    const use = (At: number, Service: string) =>
      world.internal.NoteUses({ AccessKeys: [{ AccessKeyId, At, Service, Region: 'local-1' }], Roles: [] });
    await use(2_000, 'kms');
    await use(1_000, 'iam');
    const expected = {
      UserName: 'emma',
      AccessKeyLastUsed: { LastUsedDate: 2_000, ServiceName: 'kms', Region: 'local-1' },
    };
    expect(await lastUsed()).toEqual(expected);
    await world.deps.keyUses.flush(world.store);
    await use(1_500, 'sts');
    await world.deps.keyUses.flush(world.store);
    expect(await lastUsed()).toEqual(expected);
  });

  it('whose row was changed do not open', async () => {
    const [fay, gus] = [await makeUser(world, 'fay'), await makeUser(world, 'gus')];
    const move = (set: object) =>
      world.store.transaction(async (tx) => {
        await tx
          .updateTable('access_key')
          .set(set)
          .where('access_key_id', '=', fay.accessKeyId as string)
          .execute();
      });
    await move({ owner_id: gus.principalId });
    expect(await errorOf(callerOf(world, fay.accessKeyId as string))).toMatchObject({ code: 'Internal' });
    await move({ owner_id: fay.principalId });
    await callerOf(world, fay.accessKeyId as string);
    const { sealed } = await world.store.read
      .selectFrom('access_key')
      .select('sealed')
      .where('access_key_id', '=', gus.accessKeyId as string)
      .executeTakeFirstOrThrow();
    await move({ sealed });
    expect(await errorOf(callerOf(world, fay.accessKeyId as string))).toMatchObject({ code: 'Internal' });
  });

  it('are Unavailable while the HSM is away, and come back with it', async () => {
    const hal = await makeUser(world, 'hal');
    world.hsm.failWith();
    expect(await errorOf(callerOf(world, hal.accessKeyId as string))).toMatchObject({ code: 'Unavailable' });
    expect(await errorOf(world.as(world.admin, api.CreateAccessKey, { UserName: 'hal' }))).toMatchObject({
      code: 'Unavailable',
    });
    await world.as(world.admin, api.GetUser, { UserName: 'hal' });
    world.hsm.restore();
    await callerOf(world, hal.accessKeyId as string);
  });

  it('are found for the own account by GetAccessKeyInfo', async () => {
    const info = (AccessKeyId: string) => world.as(world.admin, api.GetAccessKeyInfo, { AccessKeyId });
    expect(await info(world.admin.accessKeyId as string)).toEqual({ Account: world.admin.accountId });
    expect(await errorOf(info('AKIAIOSFODNN7EXAMPLE'))).toMatchObject({ code: 'NotFound' });
  });
});

describe('temporary credentials', () => {
  it('sign for the session, tell its facts and end in time', async () => {
    const { Credentials } = await world.as(world.admin, api.GetSessionToken, { DurationSeconds: 900 });
    expect(Credentials.AccessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
    expect(Credentials.SecretAccessKey).toMatch(/^[A-Za-z0-9+/]{40}$/);
    expect(Credentials.Expiration).toBe(world.clock.time + 900_000);
    const ask = () =>
      world.internal.GetSigningKey({
        AccessKeyId: Credentials.AccessKeyId,
        SessionToken: Credentials.SessionToken,
        ...SCOPE,
      });
    const found = await ask();
    expect(found.SigningKey.equals(chain(Credentials.SecretAccessKey))).toBe(true);
    expect(found).toMatchObject({
      PrincipalId: world.admin.principalId,
      Session: {
        IssuedAt: world.clock.time,
        ExpiresAt: Credentials.Expiration,
        Id: Credentials.AccessKeyId,
      },
    });
    const begun = world.clock.time;
    world.clock.time = Credentials.Expiration - 1;
    await ask();
    world.clock.time = Credentials.Expiration;
    expect(await errorOf(ask())).toMatchObject({ code: 'ExpiredToken' });
    world.clock.time = begun;
  });

  it('last twelve hours when nothing is asked for, and no longer than 36', async () => {
    const { Credentials } = await world.as(world.admin, api.GetSessionToken, {});
    expect(Credentials.Expiration - world.clock.time).toBe(43_200_000);
    for (const DurationSeconds of [899, 129_601])
      expect(await errorOf(world.as(world.admin, api.GetSessionToken, { DurationSeconds }))).toMatchObject({
        code: 'Validation',
      });
  });

  it('work only with their own token, unchanged', async () => {
    const one = (await world.as(world.admin, api.GetSessionToken, {})).Credentials;
    const two = (await world.as(world.admin, api.GetSessionToken, {})).Credentials;
    const bytes = Buffer.from(one.SessionToken, 'base64');
    const tokens = [two.SessionToken, `${one.SessionToken} `, 'AAAA', one.SessionToken.slice(0, -4)];
    // Every byte of the head (version, length, key id, account) and some of the sealed part.
    for (let i = 0; i < 40; i++) {
      const changed = Buffer.from(bytes);
      changed[i] = (changed[i] as number) ^ 1;
      tokens.push(changed.toString('base64'));
    }
    for (const SessionToken of tokens)
      expect(await errorOf(callerOf(world, one.AccessKeyId, SessionToken))).toMatchObject(unknown);
    expect(await errorOf(callerOf(world, one.AccessKeyId))).toMatchObject(unknown);
    expect(await errorOf(callerOf(world, world.admin.accessKeyId as string, one.SessionToken))).toMatchObject(unknown);
    await callerOf(world, one.AccessKeyId, one.SessionToken);
  });

  it('hold no secret in the token, the records or the database', async () => {
    const { Credentials } = await world.as(world.admin, api.GetSessionToken, {});
    const records = JSON.stringify(await world.records());
    for (const secret of [Credentials.SecretAccessKey, Credentials.SessionToken]) expect(records).not.toContain(secret);
    expect(Buffer.from(Credentials.SessionToken, 'base64').includes(Credentials.SecretAccessKey)).toBe(false);
  });

  it('do not make further sessions', async () => {
    const { Credentials } = await world.as(world.admin, api.GetSessionToken, {});
    const session = await callerOf(world, Credentials.AccessKeyId, Credentials.SessionToken);
    for (const operation of [api.GetSessionToken, api.CreateSession]) {
      expect(await errorOf(world.as(session, operation, {}))).toMatchObject({
        code: 'AccessDenied',
        message: `Cannot call ${operation.name} with session credentials`,
      });
    }
    expect(await world.as(session, api.GetCallerIdentity, {})).toMatchObject({ UserId: world.admin.principalId });
  });
});

describe('bearer tokens', () => {
  it('verify with the published keys and name the key they end with', async () => {
    const { Token, ExpiresAt, TokenType } = await world.as(world.admin, api.CreateSession, { DurationSeconds: 900 });
    expect(TokenType).toBe('Bearer');
    expect(ExpiresAt).toBe(world.clock.time + 900_000);
    const { keys } = JSON.parse((await world.internal.GetSessionKeys({})).Jwks);
    const verifier = createSessionVerifier({
      issuer: 'https://127.0.0.1:8443',
      audience: SESSION_AUDIENCE,
      keys: keys.map((jwk: { alg: 'ES256'; kid: string }) => ({
        algorithm: jwk.alg,
        keyId: jwk.kid,
        spki: createPublicKey({ key: jwk as never, format: 'jwk' }).export({ format: 'der', type: 'spki' }),
      })),
      maxAgeSeconds: 129_600,
      now: world.clock.now,
    });
    expect(await verifier.verify(Token)).toMatchObject({
      ok: true,
      claims: { sub: world.admin.principalId, acc: world.admin.accountId, key: world.admin.accessKeyId },
    });
    expect(JSON.stringify(await world.records())).not.toContain(Token);
  });
});
