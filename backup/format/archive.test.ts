import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { BackupError } from '../error.ts';
import { ArchiveWriter, readArchive } from './archive.ts';
import { MAGIC, readFrames, type Source } from './frames.ts';
import type { Lock, Opener } from './lock.ts';
import type { Manifest } from './manifest.ts';

const PASSPHRASE = 'twelve and more letters';
const byPassphrase = (passphrase: string): Lock & Opener => ({
  kind: 'passphrase',
  passphrase: Buffer.from(passphrase),
});
const { privateKey } = generateKeyPairSync('x25519');
const identity: Opener = { kind: 'identity', privateKey };
const recipient: Lock = { kind: 'recipient', publicKey: createPublicKey(privateKey) };

const FACTS: Omit<Manifest, 'parts'> = {
  ...{ format: 1, backupId: 'b', release: '0', begunAt: 1, heldAt: 2, engine: 'sqlite', region: 'r', partition: 'aws' },
  ...{ services: [], log: null, tokens: [] },
};

async function* pieces(...content: Buffer[]): AsyncGenerator<Buffer> {
  yield* content;
}

async function write(lock: Lock, parts: Record<string, Buffer[]>): Promise<Buffer> {
  const out: Buffer[] = [];
  const archive = await ArchiveWriter.begin(async (bytes) => void out.push(bytes), lock);
  for (const [name, content] of Object.entries(parts)) await archive.part(name, pieces(...content), () => undefined);
  await archive.finish(FACTS);
  return Buffer.concat(out);
}

function sourceOf(bytes: Buffer): Source {
  let at = 0;
  return async (length) => {
    const piece = bytes.subarray(at, at + length);
    at += piece.length;
    return piece;
  };
}

async function read(bytes: Buffer, opener: Opener): Promise<{ manifest: Manifest; parts: Record<string, string> }> {
  const parts: Record<string, string> = {};
  const manifest = await readArchive(sourceOf(bytes), opener, (name) => {
    parts[name] = '';
    return {
      write: (chunk) => {
        parts[name] += chunk.toString('latin1');
      },
      end: () => undefined,
    };
  });
  return { manifest, parts };
}

const faultOf = (bytes: Buffer, opener: Opener) =>
  read(bytes, opener).then(
    () => undefined,
    (error: unknown) => (error instanceof BackupError ? error.fault : String(error)),
  );

/** For a recipient, because stretching a passphrase takes half a second a time. */
let sample: Buffer;
beforeAll(async () => {
  sample = await write(recipient, { 'files/a': [Buffer.from('alpha')], 'files/b': [Buffer.alloc(70_000, 7)] });
});

describe('a backup', () => {
  it('gives back every part and the manifest, for a passphrase and for a recipient', async () => {
    for (const [lock, opener] of [
      [byPassphrase(PASSPHRASE), byPassphrase(PASSPHRASE)],
      [recipient, identity],
    ] as const) {
      const bytes = await write(lock, { 'files/a': [Buffer.from('al'), Buffer.from('pha')], 'files/empty': [] });
      const { manifest, parts } = await read(bytes, opener);
      expect(parts).toEqual({ 'files/a': 'alpha', 'files/empty': '' });
      expect(manifest.parts.map(({ name, bytes }) => [name, bytes])).toEqual([
        ['files/a', 5],
        ['files/empty', 0],
      ]);
    }
  });

  it('keeps parts of any size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 200_000 }), { maxLength: 4 }), async (contents) => {
        const given = Object.fromEntries(contents.map((bytes, at) => [`files/${at}`, [Buffer.from(bytes)]]));
        const { parts } = await read(await write(recipient, given), identity);
        expect(parts).toEqual(
          Object.fromEntries(contents.map((bytes, at) => [`files/${at}`, Buffer.from(bytes).toString('latin1')])),
        );
      }),
      { numRuns: 20 },
    );
  });

  it('does not open with another passphrase, another identity, or the other kind', async () => {
    const locked = await write(byPassphrase(PASSPHRASE), {});
    expect(await faultOf(locked, byPassphrase(`${PASSPHRASE}!`))).toBe('key');
    expect(await faultOf(locked, identity)).toBe('key');
    const { privateKey: other } = generateKeyPairSync('x25519');
    expect(await faultOf(sample, { kind: 'identity', privateKey: other })).toBe('key');
    expect(await faultOf(sample, byPassphrase(PASSPHRASE))).toBe('key');
  });

  it.each(['files/.hidden', 'files/two words', `files/${'x'.repeat(300)}`])(
    'is not made with a file that it could not give back: %s',
    async (name) => {
      await expect(write(recipient, { [name]: [] })).rejects.toMatchObject({ fault: 'place' });
    },
  );

  it('says of other files that they are none', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('hello'), Buffer.alloc(500, 0x41), MAGIC])
      expect(await faultOf(bytes, identity)).toBe('foreign');
  });

  it('never says the same bytes twice of the same content', async () => {
    const again = await write(recipient, { 'files/a': [Buffer.from('alpha')] });
    const first = await write(recipient, { 'files/a': [Buffer.from('alpha')] });
    expect(again.subarray(200).equals(first.subarray(200))).toBe(false);
  });
});

describe('a backup that was changed', () => {
  it('is refused wherever a bit was turned', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(sample.length - 1), fc.nat(7), async (at, bit) => {
        const changed = Buffer.from(sample);
        changed[at]! ^= 1 << bit;
        expect(await faultOf(changed, identity)).toMatch(/^(foreign|key|damaged)$/);
      }),
      { numRuns: 400 },
    );
  });

  it('is refused in every byte of its beginning and of its end', async () => {
    const places = [...Array(420).keys(), ...Array(120).keys()].map((n, i) => (i < 420 ? n : sample.length - 1 - n));
    for (const at of places) {
      const changed = Buffer.from(sample);
      changed[at]! ^= 0x80;
      expect(await faultOf(changed, identity), String(at)).toMatch(/^(foreign|key|damaged)$/);
    }
  });

  it('is refused wherever it was cut off', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(sample.length - 1), async (length) => {
        expect(await faultOf(sample.subarray(0, length), identity)).toMatch(/^(foreign|key|damaged)$/);
      }),
      { numRuns: 200 },
    );
  });

  it('is refused with bytes behind its end', async () => {
    expect(await faultOf(Buffer.concat([sample, Buffer.of(0)]), identity)).toBe('damaged');
  });

  it('is refused when frames are left out, exchanged, repeated, or those of another backup', async () => {
    const frames = await framesOf(sample);
    const other = await framesOf(await write(recipient, { 'files/a': [Buffer.from('alpha')] }));
    const [start, ...rest] = frames as [Buffer, ...Buffer[]];
    const wrong = [
      [start, ...rest.slice(1)],
      [start, rest[1]!, rest[0]!, ...rest.slice(2)],
      [start, rest[0]!, ...rest],
      [start, other[1]!, ...rest.slice(1)],
      [start, ...rest.slice(0, -1)],
      [start, rest.at(-1)!],
    ];
    for (const each of wrong) expect(await faultOf(Buffer.concat(each), identity)).toBe('damaged');
  });
});

/** What stands before the frames, and each frame. */
async function framesOf(bytes: Buffer): Promise<Buffer[]> {
  const sizes: number[] = [];
  for await (const { content } of readFrames(sourceOf(bytes), identity)) sizes.push(13 + content.length + 16);
  let at = bytes.length - sizes.reduce((sum, size) => sum + size, 0);
  const out = [bytes.subarray(0, at)];
  for (const size of sizes) {
    out.push(bytes.subarray(at, at + size));
    at += size;
  }
  return out;
}
