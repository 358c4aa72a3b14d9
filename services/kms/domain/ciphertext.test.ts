import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lengthPrefixed } from '../../../platform/contract/canonical-row.ts';
import { canonicalContext } from './canonical.ts';
import { buildHeader, HEADER_BYTES, messageAad, ownerAad, parseCiphertext } from './ciphertext.ts';

const KEY = '00112233-4455-6677-8899-aabbccddeeff';
const MATERIAL = 'ab'.repeat(32);
const uuid = fc.uuid();
const material = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));

describe('the ciphertext layout', () => {
  it('has the header of the specification, byte by byte', () => {
    expect(buildHeader(KEY, MATERIAL).toString('hex')).toBe(
      `01${'01'}${'0034'}${'00112233445566778899aabbccddeeff'}${MATERIAL}`,
    );
  });

  it('keeps 4096 bytes of plaintext within 6144 bytes', () => {
    expect(HEADER_BYTES + 16 + 12 + 4096 + 16).toBeLessThanOrEqual(6144);
  });

  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(uuid, material, fc.uint8Array({ minLength: 45, maxLength: 200 }), (keyId, materialId, rest) => {
        const sealed = Buffer.from(rest);
        const parsed = parseCiphertext(Buffer.concat([buildHeader(keyId, materialId), sealed]));
        expect(parsed).toMatchObject({ keyId, materialId });
        expect(parsed?.header.equals(buildHeader(keyId, materialId))).toBe(true);
        expect(parsed?.sealed.equals(sealed)).toBe(true);
      }),
    );
  });

  it('shows every change of a header bit as another header or no ciphertext', () => {
    const blob = Buffer.concat([buildHeader(KEY, MATERIAL), Buffer.alloc(60)]);
    for (let bit = 0; bit < HEADER_BYTES * 8; bit++) {
      const changed = Buffer.from(blob);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      const parsed = parseCiphertext(changed);
      if (parsed) expect([parsed.keyId, parsed.materialId]).not.toEqual([KEY, MATERIAL]);
      else expect(bit).toBeLessThan(32);
    }
  });

  it('refuses what is too short to hold one byte, and anything else', () => {
    const header = buildHeader(KEY, MATERIAL);
    expect(parseCiphertext(Buffer.concat([header, Buffer.alloc(44)]))).toBeUndefined();
    expect(parseCiphertext(Buffer.concat([header, Buffer.alloc(45)]))).toBeDefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const parsed = parseCiphertext(Buffer.from(bytes));
        expect(parsed === undefined || (bytes[0] === 1 && bytes[1] === 1 && bytes.length >= 97)).toBe(true);
      }),
    );
  });

  it('refuses ids that are not of their form', () => {
    expect(() => buildHeader('not-a-uuid', MATERIAL)).toThrow(RangeError);
    expect(() => buildHeader(KEY, 'ab')).toThrow(RangeError);
  });
});

describe('messageAad', () => {
  const owner = { accountId: '111122223333', arnPrefix: 'arn:aws:kms:local-1:111122223333' };

  it('differs by account, by partition and region, and by context', () => {
    const forms = [
      messageAad(ownerAad(owner), { a: 'b' }),
      messageAad(ownerAad({ ...owner, accountId: '444455556666' }), { a: 'b' }),
      messageAad(ownerAad({ ...owner, arnPrefix: 'arn:aws-x:kms:local-1:111122223333' }), { a: 'b' }),
      messageAad(ownerAad({ ...owner, arnPrefix: 'arn:aws:kms:local-2:111122223333' }), { a: 'b' }),
      messageAad(ownerAad(owner), { a: 'c' }),
      messageAad(ownerAad(owner), undefined),
    ].map((aad) => aad.toString('hex'));
    expect(new Set(forms).size).toBe(forms.length);
  });

  it('is the length-prefixed form of account, ARN part and context', () => {
    const parts = [owner.accountId, owner.arnPrefix].map((text) => Buffer.from(text));
    const whole = lengthPrefixed([...parts, canonicalContext({ a: 'b' })]);
    expect(messageAad(ownerAad(owner), { a: 'b' }).equals(whole)).toBe(true);
  });
});
