import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipName } from '../x509/general-name.ts';
import { writeName } from '../x509/name.ts';
import { ATTRIBUTE } from '../x509/oids.ts';
import { domainPrefix, endOfPrefix, keyOfText, keysCovering, nameKeys } from './name-key.ts';

describe('the keys of names', () => {
  it.each([
    ['www.Example.com', 'com.example.www.'],
    ['*.example.com', 'com.example.*.'],
    ['localhost', 'localhost.'],
    ['Ann@Example.com', 'com.example.@Ann'],
    ['10.0.0.1', 'ip 10.0.0.1'],
    ['2001:DB8::1', 'ip 2001:db8::1'],
    ['spiffe://example.org/web', 'uri spiffe://example.org/web'],
    ['Ann Example', 'cn ann example'],
  ])('%s is %s', (text, key) => expect(keyOfText(text)).toBe(key));

  it('of a certificate are those of what people would look for', () => {
    const subject = writeName([{ oid: ATTRIBUTE.commonName, value: 'www.example.com' }]);
    const subjectAltNames = [
      { kind: 'dns', value: 'www.example.com' } as const,
      { kind: 'dns', value: '*.shop.example.com' } as const,
      { kind: 'email', value: 'ann@example.com' } as const,
      { kind: 'uri', value: 'urn:uuid:1' } as const,
      ipName('10.0.0.1')!,
    ];
    const looked = ['www.example.com', '*.shop.example.com', 'ann@example.com', 'urn:uuid:1', '10.0.0.1'];
    expect(nameKeys({ subject, facts: { subjectAltNames } })).toEqual(looked.map(keyOfText));
  });

  it('have a bounded length', () => {
    const long = (end: string) => keyOfText(`urn:${'x'.repeat(5000)}${end}`);
    expect(long('a').length).toBeLessThan(100);
    expect(long('a')).not.toBe(long('b'));
  });

  it('covering a host are its own and that of the wildcard beside it', () => {
    expect(keysCovering('www.example.com')).toEqual(['com.example.www.', 'com.example.*.']);
    expect(keysCovering('*.example.com')).toBeUndefined();
    expect(keysCovering('no host')).toBeUndefined();
  });
});

describe('the prefix of a domain', () => {
  const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?$/).filter((text) => text.slice(2, 4) !== '--');
  const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => `${labels.join('.')}.x`);

  it('encloses the keys of the names in it and no others', () => {
    fc.assert(
      fc.property(host, host, (domain, other) => {
        const prefix = domainPrefix(domain)!;
        const isInside = (name: string) => keyOfText(name) >= prefix && keyOfText(name) < endOfPrefix(prefix);
        expect(isInside(domain)).toBe(true);
        expect(isInside(`${other}.${domain}`)).toBe(true);
        expect(isInside(`*.${domain}`)).toBe(true);
        expect(isInside(`ann@${domain}`)).toBe(true);
        expect(isInside(other)).toBe(other === domain || other.endsWith(`.${domain}`));
        expect(isInside(`x${domain}`)).toBe(false);
      }),
    );
  });
});
