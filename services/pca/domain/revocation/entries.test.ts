import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countEntries, EntryCursor, mergeEntries, serialContent, writeEntry } from './entries.ts';
import { step } from './reason.ts';
import { shardOf } from './settings.ts';

const NOW = Date.UTC(2026, 5, 1);
const serial = fc.stringMatching(/^[0-9a-f]{2}([0-9a-f]{2}){0,18}$/).filter((hex) => /[1-9a-f]/.test(hex.slice(0, 2)));
const change = fc.record({ serial, leaves: fc.boolean(), reason: fc.constantFrom(0, 1, 4, 6) });

const serialsOf = (entries: Buffer) => {
  const cursor = new EntryCursor(entries);
  const found: string[] = [];
  while (cursor.next()) found.push(cursor.serialHex());
  return found;
};

describe('entries', () => {
  it('are what a map of them would be, whatever comes and goes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uniqueArray(change, { selector: (one) => one.serial, maxLength: 20 }), { maxLength: 8 }),
        (rounds) => {
          const expected = new Map<string, Buffer>();
          let entries: Buffer = Buffer.alloc(0);
          for (const round of rounds) {
            const changes = round.map(({ serial: hex, leaves, reason }) => {
              const content = serialContent(hex);
              return { serial: content, entry: leaves ? undefined : writeEntry(content, NOW, reason) };
            });
            for (const [at, { entry }] of changes.entries())
              if (entry) expected.set(round[at]!.serial, entry);
              else expected.delete(round[at]!.serial);
            const merged = mergeEntries(entries, changes);
            entries = merged.entries;
            expect(merged.count).toBe(expected.size);
          }
          const inOrder = [...expected.keys()].sort((a, b) => (BigInt(`0x${a}`) < BigInt(`0x${b}`) ? -1 : 1));
          expect(serialsOf(entries)).toEqual(inOrder);
          expect(countEntries(entries)).toBe(expected.size);
          expect(entries).toEqual(Buffer.concat(inOrder.map((hex) => expected.get(hex)!)));
        },
      ),
    );
  });

  it('are on one list each, and evenly', () => {
    const lists = { type: 'PARTITIONED' as const, shards: 7, bases: [] };
    fc.assert(
      fc.property(serial, (hex) => {
        const shard = shardOf(Buffer.from(hex, 'hex'), false, lists)!;
        return shard >= 1 && shard <= 7 && shardOf(Buffer.from(hex, 'hex'), true, lists) === 0;
      }),
    );
  });
});

describe('a revocation', () => {
  const kinds = ['revoke', 'hold', 'release', 'compromise'] as const;
  it('is final, and its date never moves while it holds', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...kinds), { maxLength: 12 }), (steps) => {
        let now = NOW;
        let current: ReturnType<typeof step> | undefined;
        let state: Parameters<typeof step>[0];
        for (const kind of steps) {
          now += 1000;
          current = step(state, kind === 'revoke' ? { kind, reason: 'SUPERSEDED' } : { kind }, now);
          if (!current.ok) continue;
          if (state && state.state !== 'released') expect(current.revocation.revokedAt).toBe(state.revokedAt);
          if (state?.state === 'revoked') expect(current.revocation).toMatchObject({ state: 'revoked', reason: 1 });
          state = current.revocation;
        }
      }),
    );
  });
});
