import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChainedRecord, ChainVerifier, GENESIS_HASH, recordHash } from './chain.ts';

const ACCOUNT = '111122223333';

function recordText(eventId: string, detail: string, accountId = ACCOUNT): string {
  return JSON.stringify({ eventID: eventId, recipientAccountId: accountId, detail });
}

/** A true chain over the texts. */
function chain(texts: readonly string[], accountId = ACCOUNT): ChainedRecord[] {
  let previousHash = GENESIS_HASH;
  return texts.map((record, index) => {
    const hash = recordHash(accountId, index + 1, previousHash, record);
    const link = { sequence: index + 1, record, previousHash, hash };
    previousHash = hash;
    return link;
  });
}

function firstFault(records: readonly ChainedRecord[], accountId = ACCOUNT) {
  const verifier = new ChainVerifier(accountId);
  for (const [index, record] of records.entries()) {
    const fault = verifier.check(record);
    if (fault !== undefined) return { index, fault };
  }
  return undefined;
}

/** Chains of 2 to 12 records with any text. */
const chains = fc
  .array(fc.string({ unit: 'binary', maxLength: 60 }), { minLength: 2, maxLength: 12 })
  .map((details) => chain(details.map((detail, index) => recordText(`event-${index}`, detail))));
const place = fc.nat();

describe('hash of a record', () => {
  it('is SHA-256 over length-prefixed fields', () => {
    const lp = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
    const sequence = Buffer.from('0000000100000002', 'hex');
    const expected = createHash('sha256')
      .update(lp(Buffer.from('parapet/audit/chain/v1')))
      .update(lp(Buffer.from(ACCOUNT)))
      .update(lp(sequence))
      .update(lp(Buffer.alloc(32, 7)))
      .update(lp(Buffer.from('{"é":"\u{1f512}"}')))
      .digest('hex');
    expect(recordHash(ACCOUNT, 0x1_0000_0002, '07'.repeat(32), '{"é":"\u{1f512}"}')).toBe(expected);
  });

  it('differs for every account, number, previous hash and text', () => {
    const base = [ACCOUNT, 1, GENESIS_HASH, 'a'] as const;
    const hashes = [
      recordHash(...base),
      recordHash('111122223334', 1, GENESIS_HASH, 'a'),
      recordHash(ACCOUNT, 2, GENESIS_HASH, 'a'),
      recordHash(ACCOUNT, 1, '1'.repeat(64), 'a'),
      recordHash(ACCOUNT, 1, GENESIS_HASH, 'b'),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});

describe('chain', () => {
  it('verifies as it was made, also in parts', () => {
    fc.assert(
      fc.property(chains, place, (records, at) => {
        expect(firstFault(records)).toBeUndefined();
        const cut = 1 + (at % (records.length - 1));
        const last = records[cut - 1]!;
        const rest = new ChainVerifier(ACCOUNT, { sequence: last.sequence, hash: last.hash });
        for (const record of records.slice(cut)) expect(rest.check(record)).toBeUndefined();
      }),
    );
  });

  it('finds a changed character at its record', () => {
    fc.assert(
      fc.property(chains, place, place, fc.integer({ min: 1, max: 255 }), (records, at, where, flip) => {
        const index = at % records.length;
        const bytes = Buffer.from(records[index]!.record, 'utf8');
        const position = where % bytes.length;
        bytes[position] = bytes[position]! ^ flip;
        const changed = bytes.toString('utf8');
        fc.pre(changed !== records[index]!.record);
        const broken = records.with(index, { ...records[index]!, record: changed });
        expect(firstFault(broken)).toEqual({ index, fault: 'hash' });
      }),
    );
  });

  it('finds a changed character whose hashes were made anew up to the end when the head is remembered', () => {
    fc.assert(
      fc.property(chains, place, (records, at) => {
        const index = at % records.length;
        const texts = records.map((record) => record.record);
        texts[index] = recordText(`event-${index}`, 'rewritten by somebody else, longer than any');
        const forged = chain(texts);
        expect(firstFault(forged)).toBeUndefined();
        expect(forged.at(-1)!.hash).not.toBe(records.at(-1)!.hash);
      }),
    );
  });

  it('finds a removed record', () => {
    fc.assert(
      fc.property(chains, place, (records, at) => {
        const index = at % (records.length - 1);
        expect(firstFault(records.toSpliced(index, 1))).toEqual({ index, fault: 'sequence' });
      }),
    );
  });

  it('finds a removed record also when the numbers are closed up', () => {
    fc.assert(
      fc.property(chains, place, (records, at) => {
        const index = at % (records.length - 1);
        const closed = records.toSpliced(index, 1).map((record, i) => ({ ...record, sequence: i + 1 }));
        expect(firstFault(closed)).toEqual({ index, fault: 'previous-hash' });
      }),
    );
  });

  it('finds an inserted record', () => {
    fc.assert(
      fc.property(chains, place, (records, at) => {
        const index = at % records.length;
        const previousHash = records[index]!.previousHash;
        const record = recordText('event-new', 'inserted');
        const hash = recordHash(ACCOUNT, index + 1, previousHash, record);
        const inserted = { sequence: index + 1, record, previousHash, hash };
        const renumbered = records.slice(index).map((r) => ({ ...r, sequence: r.sequence + 1 }));
        const broken = [...records.slice(0, index), inserted, ...renumbered];
        expect(firstFault(broken)).toEqual({ index: index + 1, fault: 'previous-hash' });
      }),
    );
  });

  it('finds two records that changed places', () => {
    fc.assert(
      fc.property(chains, place, place, (records, one, other) => {
        const [a, b] = [one % records.length, other % records.length].sort((x, y) => x - y) as [number, number];
        fc.pre(a !== b);
        const moved = records.with(a, records[b]!).with(b, records[a]!);
        expect(firstFault(moved)?.index).toBe(a);
        const renumbered = moved.map((record, index) => ({ ...record, sequence: index + 1 }));
        expect(firstFault(renumbered)?.index).toBe(a);
      }),
    );
  });

  it('finds a record of another account', () => {
    const foreign = recordText('event-1', 'x', '444455556666');
    expect(firstFault(chain([foreign]))).toEqual({ index: 0, fault: 'record' });
    expect(firstFault(chain([foreign], '444455556666'))).toEqual({ index: 0, fault: 'hash' });
  });

  it('finds an event that is in the chain twice', () => {
    const texts = [recordText('event-1', 'a'), recordText('event-2', 'b'), recordText('event-1', 'c')];
    expect(firstFault(chain(texts))).toEqual({ index: 2, fault: 'duplicate' });
  });

  it('refuses texts that are not records', () => {
    for (const text of ['', 'null', '[]', '{"eventID":7}', '{"eventID":"e","recipientAccountId":7}', '{'])
      expect(firstFault(chain([text]))).toEqual({ index: 0, fault: 'record' });
  });

  it('refuses a hash in another spelling', () => {
    const [record] = chain([recordText('event-1', 'a')]);
    expect(firstFault([{ ...record!, hash: record!.hash.toUpperCase() }])).toEqual({ index: 0, fault: 'hash' });
  });
});
