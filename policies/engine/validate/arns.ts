/** The fields of ARNs in Resource and NotResource (iam.md 1.4, reference errors of 1.11). */
import { hasTypeWord } from '../pattern/resource-pattern.ts';
import type { PolicyDocument, Text } from '../syntax/ast.ts';
import type { FindingList } from '../syntax/findings.ts';

const WILDCARD = /[*?]/;
const PARTITION = /^aws[a-z0-9-]*$/;
const REGION = /^[a-z0-9-]*$/;
const ACCOUNT = /^(?:\d{12})?$/;

/** Checks every complete ARN; short ones were reported by the compiler. */
export function checkArns(document: PolicyDocument, findings: FindingList): void {
  for (const { resource } of document.statements) {
    for (const pattern of resource?.patterns ?? []) checkArn(pattern, findings);
  }
}

function checkArn(pattern: Text, findings: FindingList): void {
  const [scheme, partition, service, region, account, ...rest] = pattern.value.split(':');
  if (scheme !== 'arn' || partition === undefined || service === undefined) return;
  if (region === undefined || account === undefined || rest.length === 0) return;
  const resource = rest.join(':');
  const field = (name: string, value: string, shape: RegExp, wanted: string) => {
    if (WILDCARD.test(value) || shape.test(value)) return;
    findings.error('bad-arn-field', pattern, `${name} "${value}" of the ARN is not ${wanted}`);
  };
  field('partition', partition, PARTITION, 'a partition');
  field('service', service, /^[a-z0-9-]+$/, 'a service prefix in lower case');
  field('region', region, REGION, 'a region');
  field('account', account, ACCOUNT, 'twelve digits');
  if (resource === '') findings.error('bad-arn-field', pattern, 'resource of the ARN is empty');
  if (hasTypeWord(service) && wildcardInTypeWord(resource)) {
    const hint = 'write the type word in full, for example user/*, or * alone';
    findings.error(
      'wildcard-in-resource-type',
      pattern,
      `type word of resource "${resource}" contains a wildcard`,
      hint,
    );
  }
}

function wildcardInTypeWord(resource: string): boolean {
  if (/^\*+$/.test(resource) || resource.startsWith('${')) return false;
  return WILDCARD.test(resource.split(/[/:]/, 1)[0] ?? '');
}
