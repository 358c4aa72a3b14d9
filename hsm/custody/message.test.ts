import { createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hex, readVectors, vectorsMissing, vectorsNote } from '../testing/vectors.ts';
import { deriveSecretKey, gcmOpen, gcmSeal, openMessage, sealMessage } from './message.ts';

const material = Buffer.alloc(32, 1);
const header = Buffer.from('header');
const aad = Buffer.from('aad');

describe('sealed messages', () => {
  it('have the bytes the port documents, seen by an independent reader', () => {
    const sealed = sealMessage(material, header, aad, Buffer.from('plaintext'));
    const [salt, iv, tag] = [sealed.subarray(0, 16), sealed.subarray(16, 28), sealed.subarray(-16)];
    const keyInput = Buffer.concat([Buffer.from('parapet/hsm/message-key/v1'), salt, header]);
    const key = createHmac('sha256', material).update(keyInput).digest();
    const decipher = createDecipheriv('aes-256-gcm', key, iv);
    decipher.setAAD(Buffer.from('00000006686561646572' + '00000003616164', 'hex'));
    decipher.setAuthTag(tag);
    const opened = Buffer.concat([decipher.update(sealed.subarray(28, -16)), decipher.final()]);
    expect(opened.toString()).toBe('plaintext');
  });

  it('open again, empty plaintext included', () => {
    for (const plaintext of [Buffer.alloc(0), Buffer.from('x'), Buffer.alloc(65_536, 5)]) {
      const sealed = sealMessage(material, header, aad, plaintext);
      expect(openMessage(material, header, aad, sealed).equals(plaintext)).toBe(true);
    }
  });

  it('never repeat salt and IV over many block refills of the pool', () => {
    const seen = new Set<string>();
    for (let count = 0; count < 5000; count += 1) {
      seen.add(sealMessage(material, header, aad, Buffer.alloc(0)).toString('latin1', 0, 28));
    }
    expect(seen.size).toBe(5000);
  });
});

describe('secret key of a tenant', () => {
  it('is HKDF-SHA256 of the tenant key with its own label', () => {
    const expected = Buffer.from(hkdfSync('sha256', material, '', 'parapet/hsm/tenant-secret/v1', 32));
    expect(deriveSecretKey(material).equals(expected)).toBe(true);
  });
});

describe.skipIf(vectorsMissing)(`AES-256-GCM and HMAC-SHA256: Wycheproof${vectorsNote}`, () => {
  interface GcmTest {
    key: string;
    iv: string;
    aad: string;
    msg: string;
    ct: string;
    tag: string;
  }
  interface MacTest {
    key: string;
    msg: string;
    tag: string;
  }

  it('decides every AES-256-GCM vector with a 96-bit IV and 128-bit tag rightly', () => {
    const groups = readVectors<GcmTest>('aes_gcm_test').filter(
      ({ keySize, ivSize, tagSize }) => keySize === 256 && ivSize === 96 && tagSize === 128,
    );
    const tests = groups.flatMap((group) => group.tests);
    expect(tests.length).toBeGreaterThan(40);
    for (const test of tests) {
      const [key, iv, extra] = [hex(test.key), hex(test.iv), hex(test.aad)];
      const opened = gcmOpen(key, iv, extra, hex(test.ct), hex(test.tag));
      expect(opened?.toString('hex'), `test ${test.tcId}`).toBe(test.result === 'valid' ? test.msg : undefined);
      if (test.result !== 'valid') continue;
      const { ciphertext, tag } = gcmSeal(key, iv, extra, hex(test.msg));
      expect([ciphertext.toString('hex'), tag.toString('hex')], `test ${test.tcId}`).toEqual([test.ct, test.tag]);
    }
  });

  it('agrees with every HMAC-SHA256 vector', () => {
    const groups = readVectors<MacTest>('hmac_sha256_test');
    let compared = 0;
    for (const { tests, tagSize } of groups) {
      for (const { tcId, key, msg, tag, result } of tests) {
        const made = createHmac('sha256', hex(key))
          .update(hex(msg))
          .digest('hex')
          .slice(0, tagSize! / 4);
        expect(made === tag, `test ${tcId}`).toBe(result === 'valid');
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(150);
  });
});
