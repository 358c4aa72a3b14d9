/** Cases of lints: certificates that one of them lets pass, and does not, and what they are made of. */
import { expect, it } from 'vitest';
import * as der from '../../../platform/contract/der.ts';
import type { Lint } from '../domain/lint/lint.ts';
import type { GeneralName } from '../domain/x509/general-name.ts';
import { writeName } from '../domain/x509/name.ts';
import { writeNameConstraints } from '../domain/x509/name-constraints.ts';
import { ATTRIBUTE, EXTENSION } from '../domain/x509/oids.ts';
import { findings, NOTHING_KNOWN, type Spoiled, spkiOf, withExtension } from './lint-subject.ts';

export type Case = [lint: number, title: string, level: 'error' | 'warning', bad: Spoiled, good?: Spoiled];

/** @param others numbers that are found without a lint */
export function itFinds(cases: readonly Case[], lints: readonly Lint[], others: readonly number[] = []): void {
  const told = (spoiled: Spoiled, id: number, level: string) =>
    findings(spoiled).filter((finding) => finding.lint === id && finding.level === level);

  it.each(cases)('%i: %s', (id, _title, level, bad, good = {}) => {
    expect(told(bad, id, level)).not.toEqual([]);
    if (good !== bad) expect(told(good, id, level)).toEqual([]);
  });

  it('has a case for each', () => {
    const ids = [...others, ...lints.map(({ id }) => id)].sort((a, b) => a - b);
    expect([...new Set(cases.map(([id]) => id))].sort((a, b) => a - b)).toEqual(ids);
  });
}

export const dns = (value: string): GeneralName => ({ kind: 'dns', value });
export const uri = (value: string): GeneralName => ({ kind: 'uri', value });
export const ip = (hex: string): GeneralName => ({ kind: 'ip', address: Buffer.from(hex, 'hex') });
export const names = (...list: GeneralName[]): Spoiled => ({ names: list });
export const subject = (value: string, oid: string = ATTRIBUTE.commonName): Spoiled => ({
  plan: () => ({ subject: writeName([{ oid, value }]) }),
});
export const extension = (oid: string, change: Parameters<typeof withExtension>[2], template?: string): Spoiled => ({
  ...(template && { template }),
  plan: (plan) => withExtension(plan, oid, change),
});
export const constraints = (permitted: GeneralName[], excluded: GeneralName[] = [], critical = true) => ({
  oid: EXTENSION.nameConstraints,
  critical,
  value: writeNameConstraints({ permitted, excluded }),
});

export const SERVER = 'EndEntityServerAuthCertificate';
export const SUB = 'SubordinateCACertificate_PathLen0';
export const ROOT = 'RootCACertificate';
export const CLIENT = 'EndEntityClientAuthCertificate';
export const P384 = spkiOf('ec', 'P-384');
export const RSA_2048 = spkiOf('rsa', 2048);
export const crl = (...uris: string[]) =>
  der.sequence(
    ...uris.map((text) => {
      const name = der.contextPrimitive(6, Buffer.from(text));
      return der.sequence(der.contextConstructed(0, der.contextConstructed(0, name)));
    }),
  );
export const URL = 'http://crl.example.com/1.crl';
export const known = (facts: Partial<typeof NOTHING_KNOWN>): Pick<Spoiled, 'context'> => ({
  context: { known: { ...NOTHING_KNOWN, ...facts } },
});
