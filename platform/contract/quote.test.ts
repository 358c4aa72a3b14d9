import fc from 'fast-check';
import { expect, it } from 'vitest';
import { label, quote } from './quote.ts';

it('is what JSON.stringify gives, whatever the text', () => {
  const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.string({ unit: 'grapheme' }));
  fc.assert(
    fc.property(texts, (text) => {
      expect(quote(text)).toBe(JSON.stringify(text));
      expect(label(text)).toBe(`${JSON.stringify(text)}:`);
      expect(quote([text, 1, null, { text }])).toBe(JSON.stringify([text, 1, null, { text }]));
    }),
  );
  for (let code = 0; code < 0x300; code++) {
    const text = `a${String.fromCharCode(code)}b`;
    expect(quote(text)).toBe(JSON.stringify(text));
  }
  for (const text of ['\ud800', 'a\udc00', '\u2028', '"', '\\', '\u007f'])
    expect(quote(text)).toBe(JSON.stringify(text));
});
