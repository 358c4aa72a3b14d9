/** What a certificate that is to be issued is like, for policies: read from its bytes, never from the request. */
import { isUnknown } from './issuing.ts';
import { isForAuthorities, type Template } from './template.ts';
import { DAY_MS } from './validity.ts';
import { usageName } from './wire-content.ts';
import type { Certificate } from './x509/certificate.ts';
import { type GeneralName, generalNameText } from './x509/general-name.ts';
import { valuesOf } from './x509/name.ts';
import { ATTRIBUTE } from './x509/oids.ts';
import { readPublicKey } from './x509/public-key.ts';

type Condition = readonly [key: string, value: string | readonly string[]];

export function certificateConditions(
  { subject, facts, extensions, notBefore, notAfter, publicKey }: Omit<Certificate, 'signature'>,
  template: Template,
  templateArn: string,
): Condition[] {
  const names = facts.subjectAltNames ?? [];
  const of = (kind: GeneralName['kind']) => names.filter((name) => name.kind === kind).map(generalNameText);
  const key = readPublicKey(publicKey);
  const several = (name: string, values: readonly string[]): Condition[] => (values.length > 0 ? [[name, values]] : []);
  const path = facts.basicConstraints?.pathLength;
  return [
    ['acm-pca:TemplateArn', templateArn],
    ['acm-pca:Profile', template.name],
    ...several('acm-pca:SubjectCN', valuesOf(subject, ATTRIBUTE.commonName)),
    ...several('acm-pca:SubjectO', valuesOf(subject, ATTRIBUTE.organization)),
    ...several('acm-pca:SubjectOU', valuesOf(subject, ATTRIBUTE.organizationalUnit)),
    ...several('acm-pca:SanDns', of('dns')),
    ...several('acm-pca:SanIp', of('ip')),
    ...several('acm-pca:SanUri', of('uri')),
    ...several('acm-pca:SanEmail', of('email')),
    ...several('acm-pca:SanDirectory', of('directory')),
    ...several('acm-pca:SanOther', of('other')),
    ...several('acm-pca:CustomExtension', extensions.map(({ oid }) => oid).filter(isUnknown)),
    ['acm-pca:HasWildcard', String(of('dns').some((name) => name.startsWith('*')))],
    ['acm-pca:ValidityDays', String(Math.ceil((notAfter + 1000 - notBefore) / DAY_MS))],
    ['acm-pca:KeyType', key.family],
    ['acm-pca:KeyBits', String(key.bits)],
    ...several('acm-pca:ExtendedKeyUsage', (facts.extKeyUsage ?? []).map(usageName)),
    ['acm-pca:IsCA', String(isForAuthorities(template))],
    ...(path === undefined ? [] : [['acm-pca:PathLen', String(path)] as const]),
  ];
}
