/** Two agents' sides of a pair over memory roots: what is pinned, what travels, what a changed record does. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createMemoryRoots, MemoryRootOfTrust } from '../memory/memory.ts';
import { HsmError } from '../port.ts';
import { identityOf, openHandover, publicIdentity, sealHandover, sharedSecret } from './handover.ts';
import { Partner, type PartnerStore } from './partner.ts';

class MemoryStore implements PartnerStore {
  mayPair = true;
  kept: Buffer | undefined;
  read = () => this.kept;
  write = (record: Buffer) => {
    this.kept = record;
  };
}

function side(roots = new MemoryRootOfTrust(createMemoryRoots()), store = new MemoryStore()) {
  return { roots, store, partner: new Partner(roots, store), again: () => new Partner(roots, store) };
}

function paired() {
  const [a, b] = [side(), side()];
  a.partner.pairWith(b.partner.describe());
  b.partner.pairWith(a.partner.describe());
  a.partner.makeCommonKey();
  b.partner.takeCommonKey(a.partner.handCommonKey());
  return [a, b] as const;
}

const input = Buffer.from('input');
const codeOf = (run: () => unknown) => {
  try {
    run();
    return 'answered';
  } catch (error) {
    if (error instanceof HsmError) return error.code;
    throw error;
  }
};

describe('an agent without a record', () => {
  it('has no common key, and begins no record by being asked for one', () => {
    const { partner, store } = side();
    expect(partner.hasCommonKey).toBe(false);
    expect(partner.mac(input)).toBeUndefined();
    expect(partner.partnerId).toBeUndefined();
    expect(store.kept).toBeUndefined();
    for (const ask of [() => partner.makeCommonKey(), () => partner.handCommonKey(), () => partner.seal(input, input)])
      expect(codeOf(ask)).toBe('invalid');
  });
});

describe('an agent that was not started for a pair', () => {
  it('takes no partner, so nobody who reaches its socket is handed a key', () => {
    const stranger = side().partner.describe();
    const fresh = side();
    fresh.store.mayPair = false;
    expect(codeOf(() => fresh.partner.describe())).toBe('invalid');
    expect(codeOf(() => fresh.partner.pairWith(stranger))).toBe('invalid');
    expect(fresh.store.kept).toBeUndefined();
    const begun = side();
    begun.partner.describe();
    begun.store.mayPair = false;
    expect(codeOf(() => begun.again().pairWith(stranger))).toBe('invalid');
  });

  it('stays in the pair it has', () => {
    const [a, b] = paired();
    a.store.mayPair = false;
    const again = a.again();
    again.pairWith(b.partner.describe());
    expect(again.mac(input)).toEqual(b.partner.mac(input));
  });
});

describe('a pair', () => {
  it('has one common key, also after both were started again', () => {
    const [a, b] = paired();
    const mac = a.partner.mac(input)!;
    expect(b.partner.mac(input)).toEqual(mac);
    expect(a.again().mac(input)).toEqual(mac);
    expect(b.again().mac(input)).toEqual(mac);
    a.partner.clear();
    expect(a.partner.mac(input)).toEqual(mac);
    expect(a.partner.describe().partnerId).toEqual(b.roots.id);
  });

  it('keeps the common key it has: making and taking it again change nothing', () => {
    const [a, b] = paired();
    const kept = [a.store.kept, b.store.kept];
    a.partner.makeCommonKey();
    b.partner.takeCommonKey(a.partner.handCommonKey());
    a.partner.takeCommonKey(b.partner.handCommonKey());
    expect([a.store.kept, b.store.kept]).toEqual(kept);
  });

  it('refuses another partner, itself, and the same partner under another identity', () => {
    const [a, b] = paired();
    const stranger = side().partner.describe();
    expect(codeOf(() => a.partner.pairWith(stranger))).toBe('unavailable');
    expect(codeOf(() => a.partner.pairWith({ ...b.partner.describe(), publicKey: stranger.publicKey }))).toBe(
      'unavailable',
    );
    const alone = side();
    expect(codeOf(() => alone.partner.pairWith(alone.partner.describe()))).toBe('invalid');
    const useless = { ...stranger, publicKey: Buffer.alloc(32) };
    expect(codeOf(() => alone.partner.pairWith(useless))).toBe('invalid');
    expect(alone.partner.partnerId).toBeUndefined();
  });

  it('hands keys over for the receiver, about one subject, and in one direction', () => {
    const [a, b] = paired();
    const key = randomBytes(32);
    const message = a.partner.seal(input, key);
    expect(message.includes(key)).toBe(false);
    expect(b.partner.open(input, message)).toEqual(key);
    expect(codeOf(() => b.partner.open(Buffer.from('other'), message))).toBe('integrity');
    expect(codeOf(() => a.partner.open(input, message))).toBe('integrity');
    expect(codeOf(() => paired()[1].partner.open(input, message))).toBe('integrity');
    for (let bit = 0; bit < message.length * 8; bit += 5) {
      const changed = Buffer.from(message);
      changed[bit >> 3] = changed[bit >> 3]! ^ (1 << (bit & 7));
      expect(codeOf(() => b.partner.open(input, changed))).toBe('integrity');
    }
    for (const size of [0, 43, 44, message.length - 1])
      expect(codeOf(() => b.partner.open(input, message.subarray(0, size)))).toBe('integrity');
  });

  it('is not what somebody writes into its record', () => {
    const [a, b] = paired();
    const json = JSON.parse(a.store.kept!.toString()) as Record<string, string>;
    const other = JSON.parse(b.store.kept!.toString()) as Record<string, string>;
    const changes: Record<string, string>[] = Object.keys(json).map((name) => ({ ...json, [name]: other[name]! }));
    changes.push(
      { ...json, commonKey: '' },
      { ...json, partnerId: '' },
      { ...json, mac: '' },
      { ...json, mac: 'zz' },
      {},
    );
    for (const changed of changes) {
      a.store.kept = Buffer.from(JSON.stringify(changed));
      expect(codeOf(() => a.again().mac(input))).toBe('unavailable');
    }
    a.store.kept = Buffer.from('not JSON');
    expect(codeOf(() => a.again().describe())).toBe('unavailable');
  });
});

describe('a handover', () => {
  it('is for the holder of the other identity and nobody else', () => {
    const [a, b, c] = [1, 2, 3].map((fill) => identityOf(Buffer.alloc(32, fill)));
    const route = { secret: sharedSecret(a!, publicIdentity(b!)), from: Buffer.alloc(16, 1), to: Buffer.alloc(16, 2) };
    const message = sealHandover(route, input, Buffer.alloc(32, 9));
    expect(openHandover({ ...route, secret: sharedSecret(b!, publicIdentity(a!)) }, input, message)).toEqual(
      Buffer.alloc(32, 9),
    );
    const strange = { ...route, secret: sharedSecret(c!, publicIdentity(b!)) };
    expect(codeOf(() => openHandover(strange, input, message))).toBe('integrity');
  });
});
