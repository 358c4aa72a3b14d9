import { describe, expect, it } from 'vitest';
import { HOUR, type MadeArchive, madeArchive } from '../testing/archive.ts';
import { newSigner, ORIGIN, START } from '../testing/served.ts';
import { type Archive, DIGEST_EXIT_OF, verifyDigests } from './digests.ts';

const log = newSigner(ORIGIN, 'log');
const stranger = newSigner(ORIGIN, 'log');
const made = () => madeArchive([2, 0, 3, 1], log);

function verify(archive: MadeArchive, options: Partial<Archive> = {}) {
  return verifyDigests({
    digests: [...archive.files.keys()].filter((path) => path.includes('/CloudTrail-Digest/')),
    read: async (path) => archive.files.get(path),
    signature: async (path) => archive.signatures.get(path),
    keys: [log.key.publicKey],
    ...options,
  });
}

async function exitOf(archive: MadeArchive, options: Partial<Archive> = {}): Promise<number> {
  const { ok, reason } = await verify(archive, options);
  expect(ok).toBe(reason === undefined);
  return reason === undefined ? 0 : DIGEST_EXIT_OF[reason];
}

const logFiles = (archive: MadeArchive) => [...archive.files.keys()].filter((path) => !path.includes('Digest'));

describe('an archive', () => {
  it('that is whole says what was proven, of each export', async () => {
    const [one, other] = [made(), madeArchive([1], log, 'other')];
    const both = {
      files: new Map([...one.files, ...other.files]),
      signatures: new Map([...one.signatures, ...other.signatures]),
      digests: [...one.digests, ...other.digests],
    };
    const report = await verify(both);
    expect(report).toMatchObject({ ok: true });
    expect(report.exports).toMatchObject([
      { from: '2026-01-02T00:00:00Z', to: '2026-01-02T01:00:00Z', digests: 1, files: 1 },
      { from: '2026-01-02T00:00:00Z', to: '2026-01-02T04:00:00Z', digests: 4, files: 6 },
    ]);
  });

  it('is not whole when any file is another one, or gone', async () => {
    for (const path of logFiles(made())) {
      const changed = made();
      changed.files.set(path, Buffer.from('{"Records":[]}'));
      expect(await verify(changed)).toMatchObject({ reason: 'file', where: path });
      const without = made();
      without.files.delete(path);
      expect(await verify(without)).toMatchObject({ reason: 'missing', where: path });
    }
  });

  it('is not whole when any byte of any digest is another one', async () => {
    for (const path of made().digests) {
      const size = made().files.get(path)!.length;
      for (let at = 0; at < size; at += 13) {
        const changed = made();
        const bytes = Buffer.from(changed.files.get(path)!);
        bytes[at] = bytes[at]! ^ 1;
        changed.files.set(path, bytes);
        expect([2, 3, 4], `${path} ${at}`).toContain(await exitOf(changed));
      }
    }
  });

  it('is not whole without one of its digests, but for the last, which its age tells', async () => {
    const { digests } = made();
    for (const [at, path] of digests.entries()) {
      const without = made();
      without.files.delete(path);
      const last = at === digests.length - 1;
      expect(await exitOf(without)).toBe(last ? 0 : 4);
      const youngerThan = { ms: HOUR, now: START + 5 * HOUR };
      expect(await exitOf(without, { youngerThan })).toBe(last ? 5 : 4);
    }
    expect(await exitOf(made(), { youngerThan: { ms: HOUR, now: START + 5 * HOUR } })).toBe(0);
    expect(await exitOf({ files: new Map(), signatures: new Map(), digests: [] })).toBe(4);
  });

  it('is signed by a key that is trusted', async () => {
    expect(await exitOf(made(), { keys: [stranger.key.publicKey] })).toBe(3);
    expect(await exitOf(made(), { keys: [] })).toBe(3);
    expect(await exitOf(made(), { keys: [stranger.key.publicKey, log.key.publicKey] })).toBe(0);
    const [first, , , last] = made().digests;
    for (const path of [first!, last!]) {
      const unsigned = made();
      unsigned.signatures.set(path, '0'.repeat(128));
      expect(await exitOf(unsigned)).toBe(3);
    }
  });

  it('is proven by the signatures in later digests, where those beside them were lost', async () => {
    const lost = made();
    for (const path of lost.digests.slice(0, -1)) lost.signatures.delete(path);
    expect(await exitOf(lost)).toBe(0);
    lost.signatures.delete(lost.digests.at(-1)!);
    expect(await exitOf(lost)).toBe(3);
  });

  it('has one history: digests of another one do not continue it', async () => {
    const [one, other] = [made(), madeArchive([1, 0, 3, 1], log)];
    const mixed = made();
    for (const path of one.digests.slice(2)) {
      mixed.files.set(path, other.files.get(path)!);
      mixed.signatures.set(path, other.signatures.get(path)!);
    }
    expect(await verify(mixed)).toMatchObject({ reason: 'chain', where: one.digests[2] });
  });

  it('may have lost what is older than what is asked for', async () => {
    const archive = made();
    const [first, second] = archive.digests;
    for (const path of [first!, second!, ...logFiles(archive).slice(0, 2)]) archive.files.delete(path);
    expect(await exitOf(archive)).toBe(4);
    expect(await exitOf(archive, { since: START + 2 * HOUR + 1 })).toBe(0);
    expect(await exitOf(archive, { since: START + HOUR })).toBe(4);
  });
});
