import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openSessionToken, sealSessionToken, type TokenSeal } from './token.ts';

const key = randomBytes(32);
const seal: TokenSeal = {
  async seal(plaintext, aad) {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(aad);
    return Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  },
  async open(sealed, aad) {
    if (sealed.length < 28) return undefined;
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12)).setAAD(aad);
      decipher.setAuthTag(sealed.subarray(-16));
      return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
    } catch {
      return undefined;
    }
  },
};
const ID = 'ASIAEXAMPLEEXAMPLE00';
const CLAIMS = { exp: 2000, account: '000000000001', session: 'build', tags: { team: 'a' } };

describe('session token', () => {
  it('opens for its access key until it expires', async () => {
    const token = await sealSessionToken(seal, ID, CLAIMS);
    expect(await openSessionToken(seal, ID, token, 1_999_999)).toEqual({ ok: true, claims: CLAIMS });
    expect(await openSessionToken(seal, ID, token, 2_000_000)).toEqual({ ok: false, code: 'expired' });
  });

  it('is invalid for another access key, also with the id in the token replaced', async () => {
    const token = await sealSessionToken(seal, ID, CLAIMS);
    const other = 'ASIAEXAMPLEEXAMPLE01';
    const moved = Buffer.from(token, 'base64');
    moved.write(other, 2, 'latin1');
    for (const text of [token, moved.toString('base64')]) {
      expect(await openSessionToken(seal, other, text, 0)).toEqual({ ok: false, code: 'invalid' });
    }
  });

  it('is invalid with any byte changed, cut or added', async () => {
    const token = Buffer.from(await sealSessionToken(seal, ID, CLAIMS), 'base64');
    for (let i = 0; i < token.length; i++) {
      const changed = Buffer.from(token);
      changed[i] = (changed[i] as number) ^ 1;
      expect(await openSessionToken(seal, ID, changed.toString('base64'), 0)).toEqual({ ok: false, code: 'invalid' });
      const cut = token.subarray(0, i).toString('base64');
      expect(await openSessionToken(seal, ID, cut, 0)).toEqual({ ok: false, code: 'invalid' });
    }
    const longer = Buffer.concat([token, Buffer.alloc(1)]).toString('base64');
    expect(await openSessionToken(seal, ID, longer, 0)).toEqual({ ok: false, code: 'invalid' });
  });

  it('has one spelling', async () => {
    const token = await sealSessionToken(seal, ID, { ...CLAIMS, pad: 'x' });
    const others = [
      ` ${token}`,
      `${token}=`,
      `${token}\n`,
      token.replace(/=+$/, ''),
      Buffer.from(token, 'base64').toString('base64url'),
    ];
    for (const text of others.filter((other) => other !== token)) {
      expect(await openSessionToken(seal, ID, text, 0)).toEqual({ ok: false, code: 'invalid' });
    }
  });

  it('is not made longer than 4,096 characters', async () => {
    await expect(sealSessionToken(seal, ID, { exp: 1, text: 'x'.repeat(4000) })).rejects.toThrow(RangeError);
    expect(await openSessionToken(seal, ID, 'A'.repeat(4100), 0)).toEqual({ ok: false, code: 'invalid' });
  });

  it('lets a failure of the seal itself through, so that it is not taken for a forged token', async () => {
    const gone: TokenSeal = { ...seal, open: () => Promise.reject(new Error('hsm is gone')) };
    const token = await sealSessionToken(seal, ID, CLAIMS);
    await expect(openSessionToken(gone, ID, token, 0)).rejects.toThrow('hsm is gone');
  });

  it('answers invalid for any text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.base64String()), async (text) => {
        expect(await openSessionToken(seal, ID, text, 0)).toEqual({ ok: false, code: 'invalid' });
      }),
    );
  });
});
