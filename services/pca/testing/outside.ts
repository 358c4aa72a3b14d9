/** Certificates of outside authorities as tests need them, made by openssl: a root, one below it, and one below that. */
import { readFileSync } from 'node:fs';
import type { Workplace } from './hierarchy.ts';

export interface Outside {
  /** PEM. */
  root: string;
  issuing: string;
  leaf: string;
  key: string;
}

const EC = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];

export function makeOutside(
  place: Workplace,
  { name = 'www.example.net', days = 90, key = EC }: { name?: string; days?: number; key?: readonly string[] } = {},
): Outside {
  const authority = 'basicConstraints=critical,CA:TRUE';
  const usage = 'keyUsage=critical,keyCertSign,cRLSign';
  const rootKey = place.key(EC);
  const root = signed(place, rootKey, '/CN=Outside root', [authority, usage], 3650);
  const issuingKey = place.key(EC);
  const issuing = signed(place, issuingKey, '/CN=Outside issuing', [authority, usage], 1825, { root, rootKey });
  const leafKey = place.key(key);
  const above = { root: issuing, rootKey: issuingKey };
  const leaf = signed(
    place,
    leafKey,
    `/CN=${name}`,
    ['basicConstraints=critical,CA:FALSE', `subjectAltName=DNS:${name}`],
    days,
    above,
  );
  return { root, issuing, leaf, key: leafKey };
}

/** By itself, or by another one. */
function signed(
  place: Workplace,
  key: string,
  subject: string,
  extensions: readonly string[],
  days: number,
  above?: { root: string; rootKey: string },
): string {
  const out = place.file('');
  const by = above ? ['-CA', place.file(above.root), '-CAkey', place.file(above.rootKey)] : [];
  place.openssl(
    ...['req', '-x509', '-new', '-key', place.file(key), '-subj', subject, '-days', String(days)],
    ...extensions.flatMap((extension) => ['-addext', extension]),
    ...by,
    ...['-out', out],
  );
  return readFileSync(out, 'utf8');
}
