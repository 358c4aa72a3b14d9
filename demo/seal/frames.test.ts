import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openFrame, sealFrame } from './frames.ts';

const key = randomBytes(32);
const plain = randomBytes(1000);
const sealed = (index: number, last: boolean) => Buffer.concat(sealFrame(key, index, last, plain));

describe('a frame', () => {
  it('opens where it was sealed', () => {
    expect(openFrame(key, 7, false, sealed(7, false))).toEqual(plain);
    expect(openFrame(key, 0, true, Buffer.concat(sealFrame(key, 0, true, Buffer.alloc(0))))).toEqual(Buffer.alloc(0));
  });

  it.each([
    ['at another place', key, 8, false],
    ['as the last one, with others cut off', key, 7, true],
    ['under another key', randomBytes(32), 7, false],
  ])('does not open %s', (_how, by, index, last) => {
    expect(() => openFrame(by, index, last, sealed(7, false))).toThrow();
  });

  it('does not open when any byte is another one', () => {
    const bytes = sealed(7, false);
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      expect(() => openFrame(key, 7, false, changed)).toThrow();
    }
  });

  it('is the last one or not, and is not the other', () => {
    expect(sealed(7, true)).not.toEqual(sealed(7, false));
    expect(() => openFrame(key, 7, false, sealed(7, true))).toThrow();
  });
});
