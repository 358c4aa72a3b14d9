/** All lints, over the certificate as it would be issued, signed with a key that is thrown away. */
import { DateError, DerError } from '../der/reader.ts';
import { isForAuthorities } from '../template.ts';
import { type Certificate, readCertificate } from '../x509/certificate.ts';
import { authorityLints } from './authorities.ts';
import { endEntityLints } from './end-entities.ts';
import { keyLints } from './keys.ts';
import type { Lint, LintContext } from './lint.ts';
import { structureLints } from './structure.ts';

export const LINTS: readonly Lint[] = [...structureLints, ...keyLints, ...authorityLints, ...endEntityLints];

export interface Finding {
  lint: number;
  name: string;
  level: 'error' | 'warning';
  message: string;
}

export function lint(bytes: Buffer, context: LintContext): Finding[] {
  let certificate: Certificate;
  try {
    certificate = readCertificate(bytes);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    const which = error instanceof DateError ? { lint: 4, name: 'dates' } : { lint: 1, name: 'strict-der' };
    return [{ ...which, level: 'error', message: error.message }];
  }
  const kind = isForAuthorities(context.template) ? 'authority' : 'end-entity';
  const findings: Finding[] = [];
  for (const { id, name, appliesTo, check } of LINTS) {
    if (appliesTo !== 'all' && appliesTo !== kind) continue;
    const add = (level: Finding['level']) => (message: string) => findings.push({ lint: id, name, level, message });
    check(certificate, context, { error: add('error'), warn: add('warning') });
  }
  return findings;
}
