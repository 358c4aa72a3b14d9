import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { isAuthenticationError } from './authentication-error.ts';
import { Credential, credentialKeeper, type WithCredential } from './credential.ts';

interface Version {
  VersionId: string;
  SecretString?: string;
  SecretBinary?: Buffer;
  MaxCacheSeconds?: number;
}

/** A vault with one secret, a database that accepts one password, and a clock. */
class World {
  now = 0;
  fetches = 0;
  away = false;
  version: Version = { VersionId: 'v1', SecretString: '{"password":"one"}' };
  accepted = 'one';
  readonly tried: string[] = [];
  readonly withCredential: WithCredential = credentialKeeper(
    async () => {
      this.fetches++;
      await Promise.resolve();
      if (this.away) throw new Error('away');
      return this.version;
    },
    () => this.now,
  );

  rotate(password: string): void {
    this.version = { VersionId: `v-${password}`, SecretString: JSON.stringify({ password }) };
    this.accepted = password;
  }

  login = async (credential: Credential<{ password: string }>): Promise<string> => {
    const { password } = credential.reveal();
    this.tried.push(password);
    await Promise.resolve();
    if (password !== this.accepted) throw Object.assign(new Error('refused'), { code: '28P01' });
    return `in with ${password}`;
  };

  work = () => this.withCredential('db', this.login);
}

describe('a credential', () => {
  it('is fetched once until it is too old, for everybody at once', async () => {
    const world = new World();
    expect(await Promise.all([world.work(), world.work()])).toEqual(['in with one', 'in with one']);
    await world.work();
    expect(world.fetches).toBe(1);
    world.now = 5 * 60_000;
    await world.work();
    expect(world.fetches).toBe(2);
    await world.withCredential('db', world.login, { maxAgeMs: 0 });
    expect(world.fetches).toBe(3);
  });

  it('is kept no longer than a grant says', async () => {
    const world = new World();
    world.version = { ...world.version, MaxCacheSeconds: 10 };
    await world.work();
    world.now = 9_999;
    await world.work();
    expect(world.fetches).toBe(1);
    world.now = 10_000;
    await world.work();
    expect(world.fetches).toBe(2);
  });

  it('is fetched anew when it is refused, and the work is repeated with the new one', async () => {
    const world = new World();
    await world.work();
    world.rotate('two');
    expect(await world.work()).toBe('in with two');
    expect(world.tried).toEqual(['one', 'one', 'two']);
    expect(world.fetches).toBe(2);
  });

  it('is fetched once for all who were refused', async () => {
    const world = new World();
    await world.work();
    world.rotate('two');
    expect(await Promise.all(Array.from({ length: 20 }, world.work))).toEqual(Array(20).fill('in with two'));
    expect(world.fetches).toBe(2);
  });

  it('is tried again when the value differs, though the version has the same id', async () => {
    const world = new World();
    await world.work();
    world.rotate('two');
    world.version.VersionId = 'v1';
    expect(await world.work()).toBe('in with two');
  });

  it.each([
    ['the value is the same', (world: World) => world, 2],
    [
      'no other can be fetched',
      (world: World) => {
        world.away = true;
      },
      2,
    ],
  ])('leaves the refusal as it is when %s', async (_, change, fetches) => {
    const world = new World();
    await world.work();
    world.accepted = 'unknown';
    change(world);
    await expect(world.work()).rejects.toMatchObject({ code: '28P01', message: 'refused' });
    expect(world.tried).toEqual(['one', 'one']);
    expect(world.fetches).toBe(fetches);
  });

  it('is tried twice and no more', async () => {
    const world = new World();
    await world.work();
    world.rotate('two');
    world.accepted = 'three';
    await expect(world.work()).rejects.toMatchObject({ code: '28P01' });
    expect(world.tried).toEqual(['one', 'one', 'two']);
  });

  it('is not fetched anew for other errors, unless the caller knows them', async () => {
    const world = new World();
    const fail = async () => {
      throw new Error('no such table');
    };
    await expect(world.withCredential('db', fail)).rejects.toThrow('no such table');
    expect(world.fetches).toBe(1);
    world.rotate('two');
    let calls = 0;
    const known = { isAuthenticationError: (error: unknown) => (error as Error).message === 'no such table' };
    const result = world.withCredential('db', () => (calls++ === 0 ? fail() : 'done'), known);
    expect(await result).toBe('done');
    expect(world.fetches).toBe(2);
  });

  it('that cannot be fetched is an error, also after it could be once', async () => {
    const world = new World();
    await world.work();
    world.away = true;
    world.now = 10 * 60_000;
    await expect(world.work()).rejects.toThrow('away');
    world.away = false;
    expect(await world.work()).toBe('in with one');
  });

  it.each<[string, Partial<Version>, unknown]>([
    ['an object', { SecretString: '{"a":1}' }, { a: 1 }],
    ['text', { SecretString: 'plain' }, 'plain'],
    ['other JSON, as text', { SecretString: '[1]' }, '[1]'],
    ['bytes', { SecretBinary: Buffer.from([1]) }, Buffer.from([1])],
  ])('is %s', async (_, content, value) => {
    const world = new World();
    world.version = { VersionId: 'v', ...content };
    expect(await world.withCredential('db', (credential) => credential.reveal())).toEqual(value);
  });
});

it('a secret does not show itself', () => {
  const credential = new Credential({ password: 'hunter2' }, 'v1');
  const shown = [
    String(credential),
    `${credential}`,
    JSON.stringify({ credential }),
    inspect(credential),
    inspect({ credential }, { depth: 9, showHidden: true }),
    inspect(credential, { customInspect: false, showHidden: true }),
    Object.values(credential).join(),
    `${new Error(`cannot use ${credential}`).stack}`,
  ].join('\n');
  expect(shown).toContain('[secret]');
  expect(shown).not.toContain('hunter2');
  expect(credential.reveal().password).toBe('hunter2');
});

describe('an authentication error', () => {
  it.each([
    [{ code: '28P01' }, true],
    [{ code: '28000' }, true],
    [{ errno: 1045, code: 'ER_ACCESS_DENIED_ERROR' }, true],
    [{ errno: 1045 }, true],
    [new Error('WRONGPASS invalid username-password pair or user is disabled.'), true],
    [new Error('pool', { cause: Object.assign(new Error('x'), { code: '28P01' }) }), true],
    [{ code: '28P02' }, false],
    [{ code: 'ECONNREFUSED' }, false],
    [new Error('not WRONGPASS'), false],
    ['28P01', false],
    [undefined, false],
  ])('%j: %s', (error, expected) => {
    expect(isAuthenticationError(error)).toBe(expected);
  });

  it('ends looking for causes', () => {
    const endless: { cause?: unknown } = {};
    endless.cause = endless;
    expect(isAuthenticationError(endless)).toBe(false);
  });
});
