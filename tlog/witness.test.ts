import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Checkpoint } from './note.ts';
import { readCheckpoint, readNote } from './note.ts';
import { entriesOf, madeRecords, newSigner, ORIGIN, signedCheckpoint } from './testing/served.ts';
import { consistencyProof, leafHash, nodeHash } from './tree.ts';
import { judgeCheckpoint, parseAddCheckpoint, writeAddCheckpoint } from './witness.ts';

const log = newSigner(ORIGIN, 'log');
const entries = entriesOf(madeRecords(40));
const other = entriesOf(madeRecords(40).map((one) => ({ ...one, name: 'Encrypt' })));

function sourceOf(all: readonly Buffer[]) {
  const at = (level: number, index: number): Buffer =>
    level === 0 ? leafHash(all[index] as Buffer) : nodeHash(at(level - 1, 2 * index), at(level - 1, 2 * index + 1));
  return at;
}

const noteOf = (size: number, all = entries, signer = log) => signedCheckpoint(all.slice(0, size), signer);
const checkpointOf = (note: string) => readCheckpoint(readNote(note)?.text ?? '') as Checkpoint;
const proofOf = (from: number, to: number, all = entries) => consistencyProof(from, to, sourceOf(all));

async function judge(known: number | undefined, from: number, to: number, all = entries, signer = log) {
  const last = known === undefined ? undefined : checkpointOf(noteOf(known));
  const request = {
    oldSize: from,
    proof: from <= to ? await proofOf(from, to, all) : [],
    note: noteOf(to, all, signer),
  };
  return judgeCheckpoint(request, [log.key], () => last);
}

describe('a witness', () => {
  it('cosigns what continues what it cosigned, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), async (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        expect((await judge(from, from, to)).status).toBe(200);
        const fork = await judge(from, from, to, other);
        expect(fork.status).toBe(from === to ? 409 : 422);
      }),
      { numRuns: 50 },
    );
    expect((await judge(undefined, 0, 7)).status).toBe(200);
  });

  it.each<[string, Parameters<typeof judge>, object]>([
    ['was taken for elsewhere', [20, 10, 30], { status: 409, size: 20 }],
    ['knows more than the log says it has', [20, 10, 15], { status: 409, size: 20 }],
    ['knows nothing of the log yet', [undefined, 10, 30], { status: 409, size: 0 }],
    ['is told a size beyond the checkpoint', [20, 30, 25], { status: 400 }],
    ['does not find the signature of the log', [20, 20, 30, entries, newSigner(ORIGIN, 'log')], { status: 403 }],
  ])('refuses when it %s', async (_what, given, verdict) => {
    expect(await judge(...given)).toMatchObject(verdict);
  });

  it('does not know other logs, and takes no checkpoint for one that is none', () => {
    const request = { oldSize: 0, proof: [], note: noteOf(3) };
    expect(judgeCheckpoint(request, [newSigner('other', 'log').key], () => undefined).status).toBe(404);
    expect(judgeCheckpoint({ ...request, note: 'text\n' }, [log.key], () => undefined).status).toBe(400);
    const proof = [Buffer.alloc(32)];
    expect(judgeCheckpoint({ ...request, proof }, [log.key], () => undefined).status).toBe(422);
  });
});

describe('a request to add a checkpoint', () => {
  it('is read as it was written', () => {
    const hashes = fc.array(
      fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes)),
      { maxLength: 63 },
    );
    fc.assert(
      fc.property(fc.maxSafeNat(), hashes, (oldSize, proof) => {
        const request = { oldSize, proof, note: noteOf(3) };
        expect(parseAddCheckpoint(writeAddCheckpoint(request))).toEqual(request);
      }),
    );
  });

  it.each([
    '',
    'old 1\n',
    'old 01\n\nx',
    'old -1\n\nx',
    'old 1\nAAAA\n\nx',
    `old 1\n${'A'.repeat(43)}B\n\nx`,
    'new 1\n\nx',
  ])('is not %j', (body) => expect(parseAddCheckpoint(body)).toBeUndefined());
});
