/** The lints of authorities, each with a certificate that it lets pass and one that it does not. */
import * as der from '../../../../platform/contract/der.ts';
import {
  type Case,
  constraints,
  crl,
  dns,
  extension,
  itFinds,
  known,
  P384,
  ROOT,
  SUB,
  subject,
  URL,
} from '../../testing/lint-cases.ts';
import { authority } from '../../testing/lint-subject.ts';
import { basicConstraints, extKeyUsage, keyUsage } from '../x509/extension.ts';
import { EXTENSION, USAGE } from '../x509/oids.ts';
import { authorityLints } from './authorities.ts';

const access = (text: string) =>
  der.sequence(der.sequence(der.oid('1.3.6.1.5.5.7.48.2'), der.contextPrimitive(6, Buffer.from(text))));

const CASES: readonly Case[] = [
  [16, 'no authority', 'error', extension(EXTENSION.basicConstraints, basicConstraints(false), SUB), { template: SUB }],
  [
    16,
    'basic constraints not critical',
    'error',
    extension(EXTENSION.basicConstraints, { critical: false }, SUB),
    { template: SUB },
  ],
  [
    16,
    'a path length that is not smaller',
    'error',
    { template: 'SubordinateCACertificate_PathLen1', issuer: authority({}, [basicConstraints(true, 1)]) },
    { template: SUB, issuer: authority({}, [basicConstraints(true, 1)]) },
  ],
  [16, 'below a path length of 0', 'error', { template: SUB, issuer: authority({}, [basicConstraints(true, 0)]) }],
  [16, 'an eighth level', 'error', { template: SUB, issuer: levels(7) }, { template: SUB, issuer: levels(6) }],
  [
    16,
    'below a root with a path length of 1, two levels down',
    'error',
    { template: SUB, issuer: below(authority({}, [basicConstraints(true, 1)])) },
    { template: SUB, issuer: below(authority({}, [basicConstraints(true, 2)])) },
  ],
  [17, 'no CRLSign', 'error', extension(EXTENSION.keyUsage, keyUsage(['KeyCertSign']), SUB), { template: SUB }],
  [17, 'not critical', 'error', extension(EXTENSION.keyUsage, { critical: false }, SUB), { template: SUB }],
  [
    17,
    'an authority that encrypts',
    'error',
    extension(EXTENSION.keyUsage, keyUsage(['KeyEncipherment', 'KeyCertSign', 'CRLSign']), SUB),
    { template: SUB },
  ],
  [
    18,
    'no subject key identifier',
    'error',
    extension(EXTENSION.subjectKeyIdentifier, undefined, SUB),
    { template: SUB },
  ],
  [
    18,
    'that of another key',
    'error',
    extension(EXTENSION.subjectKeyIdentifier, { value: der.octetString(Buffer.alloc(20)) }, SUB),
    { template: SUB },
  ],
  [
    19,
    'a root with purposes',
    'error',
    extension(EXTENSION.extKeyUsage, extKeyUsage([USAGE.serverAuth]), ROOT),
    { template: ROOT },
  ],
  [19, 'a root under another name', 'error', { template: ROOT, ...subject('Somebody else') }, { template: ROOT }],
  [19, 'a root for another key', 'error', { template: ROOT, plan: () => ({ publicKey: P384 }) }, { template: ROOT }],
  [
    20,
    'no list',
    'error',
    { template: SUB, context: { crlUri: URL } },
    { ...extension(EXTENSION.crlDistributionPoints, { value: crl(URL) }, SUB), context: { crlUri: URL } },
  ],
  [
    20,
    'access by LDAP',
    'error',
    extension(EXTENSION.authorityInfoAccess, { value: access('ldap://x/') }, SUB),
    extension(EXTENSION.extKeyUsage, extKeyUsage([USAGE.serverAuth]), SUB),
  ],
  [
    20,
    'an authority without limits',
    'warning',
    { template: SUB },
    extension(EXTENSION.extKeyUsage, extKeyUsage([USAGE.serverAuth]), SUB),
  ],
  [21, 'constraints of a server', 'error', extension(EXTENSION.nameConstraints, constraints([dns('example.com')]))],
  [
    21,
    'not critical',
    'error',
    extension(EXTENSION.nameConstraints, constraints([dns('example.com')], [], false), SUB),
    extension(EXTENSION.nameConstraints, constraints([dns('example.com')]), SUB),
  ],
  [
    21,
    'excluded only',
    'warning',
    extension(EXTENSION.nameConstraints, constraints([], [dns('example.com')]), SUB),
    extension(EXTENSION.nameConstraints, constraints([dns('example.com')]), SUB),
  ],
  [
    22,
    'the same key under other constraints',
    'warning',
    { template: SUB, ...known({ namesakes: [{ sameKey: true, sameConstraints: false }] }) },
    { template: SUB, ...known({ namesakes: [{ sameKey: true, sameConstraints: true }] }) },
  ],
  [
    22,
    'the same name without identifiers',
    'warning',
    {
      ...extension(EXTENSION.authorityKeyIdentifier, undefined, SUB),
      ...known({ namesakes: [{ sameKey: false, sameConstraints: true }] }),
    },
    { template: SUB, ...known({ namesakes: [{ sameKey: false, sameConstraints: true }] }) },
  ],
];

itFinds(CASES, authorityLints);

function levels(count: number) {
  const own = authority();
  return { ...own, chain: Array.from({ length: count }, () => own.chain[0]!) };
}

function below(above: ReturnType<typeof authority>) {
  const own = authority();
  return { ...own, chain: [own.chain[0]!, above.chain[0]!] };
}
