/** ARNs of the detective engine, and which service records a resource. */
import { parseArn } from '../../../../platform/contract/arn.ts';

const own = (partition: string, accountId: string, resource: string) =>
  `arn:${partition}:organizations::${accountId}:${resource}`;

export const externalArn = (partition: string, accountId: string, type: string, id: string) =>
  own(partition, accountId, `config-resource/${type}/${id}`);
export const typeArn = (partition: string, accountId: string, type: string) =>
  own(partition, accountId, `config-type/${type}`);
export const ruleArn = (partition: string, accountId: string, id: string) =>
  own(partition, accountId, `config-rule/${id}`);
export const packArn = (partition: string, accountId: string, name: string) =>
  own(partition, accountId, `config-pack/${name}`);
export const exceptionArn = (partition: string, accountId: string, id: string) =>
  own(partition, accountId, `config-exception/${id}`);

/** Account and type of an external resource; undefined for every other ARN. */
export function parseExternalArn(text: string): { accountId: string; type: string; id: string } | undefined {
  const arn = parseArn(text);
  if (arn?.service !== 'organizations' || !arn.resource.startsWith('config-resource/')) return undefined;
  const [, type, ...rest] = arn.resource.split('/');
  const id = rest.join('/');
  return type === undefined || id === '' ? undefined : { accountId: arn.accountId, type, id };
}

export type Recorder = 'iam' | 'kms' | 'ccms' | 'pca' | 'org';

/** The service that knows the present configuration of a resource; undefined when none records it. */
export function recorderOf(text: string): Recorder | undefined {
  const arn = parseArn(text);
  if (!arn || !/^\d{12}$/.test(arn.accountId)) return undefined;
  if (arn.service === 'iam' || arn.service === 'kms') return arn.service;
  if (arn.service === 'authz') return 'iam';
  if (arn.service === 'secretsmanager') return 'ccms';
  if (arn.service === 'acm-pca') return 'pca';
  return arn.service === 'organizations' && arn.resource.startsWith('account/') ? 'org' : undefined;
}
